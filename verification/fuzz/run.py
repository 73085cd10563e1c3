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


@dataclass(frozen=True)
class Result:
    """What fuzzing a reader came to."""

    reader: str
    executions: int
    wall_seconds: float
    cpu_seconds: float
    edges: int
    findings: list[Path]


def main() -> None:
    """Fuzz, print a line for each reader, and end with status 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--at-once", type=int, default=2, help="readers fuzzed side by side")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of findings and corpus")
    parser.add_argument("readers", nargs="*", metavar="reader", help=", ".join(READERS))
    given = parser.parse_args()
    if unknown := sorted(set(given.readers) - set(READERS)):
        sys.exit(f"no such reader: {', '.join(unknown)}; there are {', '.join(READERS)}")
    names = given.readers or READERS
    for name in names:  # not by the threads: modules that import each other would meet half ready
        _put_seeds(name, given.out)
    with ThreadPoolExecutor(given.at_once) as threads:
        found = threads.map(lambda name: fuzzed(name, given.seconds, given.out), names)
        results = [_said(result) for result in found]
    sys.exit(any(result.findings for result in results))


def fuzzed(name: str, seconds: int, out: Path) -> Result:
    """Fuzz one reader for so long, or until it finds something."""
    corpus, findings = out / "corpus" / name, out / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    known, log = set(findings.glob(f"{name}-*")), findings / f"{name}.log"
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
        _, _, used = os.wait4(process.pid, 0)
    text = log.read_text(errors="replace")
    executed, covered = EXECUTED.search(text), COVERED.findall(text)
    return Result(
        name,
        int(executed[1]) if executed else 0,
        time.monotonic() - began,
        used.ru_utime + used.ru_stime,
        int(covered[-1][0]) if covered else 0,
        sorted(set(findings.glob(f"{name}-*")) - known),
    )


def _put_seeds(name: str, out: Path) -> None:
    corpus = out / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    reader = import_module(f"verification.fuzz.readers.{name}").READER
    cases = [each.read_bytes() for each in (CASES / name).glob("*")]
    for content in [*reader.seeds, *cases]:
        (corpus / sha256(content).hexdigest()[:16]).write_bytes(content)


def _said(result: Result) -> Result:
    found = ", ".join(map(str, result.findings)) or "nothing"
    sys.stdout.write(
        f"{result.reader:16} {result.executions:>10,} executions  {result.wall_seconds:>6,.0f} s  "
        f"{result.cpu_seconds:>6,.0f} s of processor  {result.edges:>5,} edges  found: {found}\n"
    )
    sys.stdout.flush()
    return result


if __name__ == "__main__":
    main()
