"""The shell blocks of a page, run in order in one shell, and compared with what the page shows.

A block of `text` after a block of `shell` is what the commands print. There `…` is any text in a
line, and any number of lines where it is a line of its own. Nothing else may be printed.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parents[2]
PROGRAMS = ("tap-clevertap", "target-clevertap", "clevertap-emulator", "meltano")
BLOCK = re.compile(r"^```(shell|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)
END = "@@ended@@"
BLOCK_SECONDS = 120
READY = """
for _ in $(seq 300); do curl -s -o ready localhost:{port}/_emulator/health && break; sleep 0.1; done
"""


@dataclass
class Step:
    """Commands, and what the page shows of their output, if it does."""

    commands: str
    shown: str | None = None


def steps_of(page: Path) -> list[Step]:
    """Return the commands of a page in order."""
    steps: list[Step] = []
    for language, text in BLOCK.findall(page.read_text()):
        if language == "shell":
            steps.append(Step(text))
        else:
            assert steps[-1].shown is None, f"two outputs of one block: {text}"
            steps[-1].shown = text
    return steps


def as_pattern(shown: str) -> str:
    """Return a pattern that matches a whole output of which `…` hides parts."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    ]
    return "".join(lines)


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Shell:
    """One bash, in a folder of its own, that reads block after block."""

    folder: Path
    replaced: dict[str, str] = field(default_factory=dict)
    """What a block has: what the test runs instead, such as an installation."""
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        programs = self.folder.parent / "programs"
        programs.mkdir(exist_ok=True)
        for name in PROGRAMS:
            (programs / name).symlink_to(BIN / name)
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.process = subprocess.Popen(
            ["/bin/bash", "--norc"],
            cwd=self.folder,
            env=clean_environment(
                PATH=path, NO_COLOR="1", PYTHONDONTWRITEBYTECODE="", **self.environment
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.process.stdin, self.process.stdout):
            each.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def url(self) -> str:
        """Return the address of the emulator that the page starts."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, commands: str) -> str:
        """Run a block, which has to end well, and return what it printed."""
        for old, new in self.replaced.items():
            commands = commands.replace(old, new)
        commands = commands.replace("8025", str(self.port))
        if re.search("clevertap-emulator.*&$", commands, re.MULTILINE):
            commands += READY.format(port=self.port)
        script = self.folder.parent / "block.sh"
        script.write_text(commands)
        line = f"source {script} </dev/null; printf '\\n{END}%s\\n' $?\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        output, status = self._until_the_end()
        assert status == 0, f"{commands}\nended with {status}:\n{output}"
        return output

    def _until_the_end(self) -> tuple[str, int]:
        read = b""
        deadline = time.monotonic() + BLOCK_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (found := re.search(rf"\n{END}(\d+)\n".encode(), read)):
                ready = selector.select(max(deadline - time.monotonic(), 0))
                chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
                assert chunk, f"the shell ended, or ran for too long: {read.decode()}"
                read += chunk
        return read[: found.start()].decode(), int(found[1])

    def follow(self, steps: list[Step]) -> None:
        """Run blocks of a page, and compare what they print with what it shows."""
        for step in steps:
            output = self.run(step.commands)
            if step.shown is not None:
                self.compare(step, output)

    def compare(self, step: Step, output: str) -> None:
        """Compare the output of a block with what the page shows, but for the port and spaces."""
        printed = output.replace(str(self.port), "8025").rstrip("\n")
        lines = [line.rstrip() for line in printed.splitlines()]
        text = "".join(f"{line}\n" for line in lines)
        assert re.fullmatch(as_pattern(step.shown or ""), text), (
            f"{step.commands}\nshows\n{step.shown}\nand printed\n{text}"
        )
