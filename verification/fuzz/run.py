"""Fuzzes the parsers of external input: `make fuzz SECONDS=60 READERS="states"`.

What a run finds is in `verification/fuzz/findings`. What it learned is in
`verification/fuzz/corpus`, for the next run to go on from.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
READERS = sorted(each.stem for each in (HERE / "readers").glob("[a-z]*.py"))
CASES = HERE.parents[1] / "tests" / "fuzz" / "cases"
HANG_SECONDS = 30
MOST_MEGABYTES = 1500
MOST_BYTES = 50_000
IN_MEMORY = "/dev/shm"  # noqa: S108 - Linux's own; files of a moment need no disk
QUICK = {"TMPDIR": IN_MEMORY} if os.access(IN_MEMORY, os.W_OK) else {}

COVERED = re.compile(r"cov: (\d+) ft: (\d+)")
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
NO_ENGINE = (
    "make fuzz: atheris is not installed, so nothing was fuzzed; its wheels are for Linux on x86_64"
)


@dataclass(frozen=True)
class Result:
    """What fuzzing a reader came to."""

    reader: str
    status: int
    """Of the engine: not 0 for what it found, negative for the signal that ended it."""

    executions: int
    wall_seconds: float
    cpu_seconds: float
    edges: int
    findings: list[Path]
    """New ones, and those of earlier runs that were found again."""

    log: Path

    @property
    def is_good(self) -> bool:
        """Whether inputs were read, and nothing was found: not so where the engine did not run."""
        return not self.status and self.executions > 0 and not self.findings

    def __str__(self) -> str:
        """Return the line that is printed."""
        found = ", ".join(map(str, self.findings)) or "nothing"
        if not self.is_good and not self.findings:
            found = f"nothing, but the engine ended with status {self.status}; read {self.log}"
        return (
            f"{self.reader:16} {self.executions:>10,} executions  {self.wall_seconds:>6,.0f} s  "
            f"{self.cpu_seconds:>6,.0f} s of processor  {self.edges:>5,} edges  found: {found}\n"
        )


def main() -> None:
    """Fuzz, print a line for each reader, and end with status 1 unless all of them are good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--at-once", type=int, default=2, help="readers fuzzed side by side")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of findings and corpus")
    parser.add_argument("readers", nargs="*", metavar="reader", help=", ".join(READERS))
    given = parser.parse_args()
    if unknown := sorted(set(given.readers) - set(READERS)):
        sys.exit(f"no such reader: {', '.join(unknown)}; there are {', '.join(READERS)}")
    if find_spec("atheris") is None:
        sys.exit(NO_ENGINE)
    names = given.readers or READERS
    for name in names:  # not by the threads: modules that import each other would meet half ready
        _put_seeds(name, given.out)
    with ThreadPoolExecutor(given.at_once) as threads:
        found = threads.map(lambda name: fuzzed(name, given.seconds, given.out), names)
        results = [_said(result) for result in found]
    sys.exit(not all(result.is_good for result in results))


def fuzzed(name: str, seconds: int, out: Path) -> Result:
    """Fuzz one reader for so long, or until it finds something."""
    corpus, findings = out / "corpus" / name, out / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    known, log = _written(name, findings), findings / f"{name}.log"
    flags = (f"-max_total_time={seconds}", f"-timeout={HANG_SECONDS}", "-print_final_stats=1")
    bounds = (f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={MOST_BYTES}")
    command = [sys.executable, "-m", "verification.fuzz.engine", name, *flags, *bounds]
    began = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - this package's own
            [*command, f"-artifact_prefix={findings / name}-", str(corpus)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **QUICK},
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    executed, covered = EXECUTED.search(text), COVERED.findall(text)
    return Result(
        name,
        process.returncode,
        int(executed[1]) if executed else 0,
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        int(covered[-1][0]) if covered else 0,
        sorted(path for path, _ in _written(name, findings) - known),
        log,
    )


def _written(name: str, findings: Path) -> set[tuple[Path, int]]:
    """Return the findings of a reader and when each was written: a known one is written anew."""
    return {(path, path.stat().st_mtime_ns) for path in findings.glob(f"{name}-*")}


def _put_seeds(name: str, out: Path) -> None:
    corpus = out / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    reader = import_module(f"verification.fuzz.readers.{name}").READER
    cases = [each.read_bytes() for each in (CASES / name).glob("*")]
    for content in [*reader.seeds, *cases]:
        (corpus / sha256(content).hexdigest()[:16]).write_bytes(content)


def _said(result: Result) -> Result:
    sys.stdout.write(str(result))
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    main()
