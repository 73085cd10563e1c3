"""Somebody who follows a page: runs its blocks in one shell, as they are written.

Only `REPLACEMENTS` differ from the page, what an emulator gives, and what a test adds to them.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.pages import block, every
from tests.support.plugin_process import meltano_environment
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

OURS = r"(?:clevertap-singer|tap-clevertap|target-clevertap|clevertap-emulator|meltano)\b"
OTHER_COMMANDS = "export|push|--help|--version"
REPLACEMENTS = {
    # Our packages and Meltano are installed here, from this checkout.
    rf"^ *(?:(?:python3? -m )?pip|pipx|uv pip|uv tool) install [^\n]*{OURS}[^\n]*$": ":",
    # The emulator of the page is on a free port.
    rf"^( *clevertap-emulator)(?! (?:{OTHER_COMMANDS}))(?![^\n]*--port)": r"\1 --port {port}",
    r"\b8025\b": "{port}",
    # The hosts of CleverTap are the emulator.
    r"https://(?:\w+\.)?api\.clevertap\.com": "http://127.0.0.1:{port}",
    r"\bXXX-XXX-XXXX\b": "{account_id}",
    r"(?<=_ACCOUNT_ID=)(?:…|\.\.\.)": "{account_id}",
    r"(?<=_PASSCODE=)(?:…|\.\.\.)": "{passcode}",
}
"""Patterns in a block and what is run instead; `{port}` and the like are of the emulator."""

LEFT = re.compile(r"^(?:[^#\n]|\S#)*…", re.MULTILINE)
"""A value that the reader has to choose."""

START = """set -o pipefail
trap 'page_status=$?; [ ${#BASH_SOURCE[@]} -gt 0 ] && return $page_status' ERR
"""
"""Bash: a block ends at its first command that fails."""

MOST_SECONDS = 600
MOST_SECONDS_OF_END = 20


@dataclass(frozen=True)
class Finished:
    """How a block ended."""

    status: int
    output: str
    """Standard output."""

    log: str
    """Standard error."""


class Reader:
    """One shell in a folder, in which blocks of pages are run one after another.

    As a context manager it ends what the blocks left running in the background.
    """

    def __init__(
        self,
        folder: Path,
        emulator: Any = None,
        *,
        replacements: Mapping[str, str] | None = None,
        **environment: str,
    ) -> None:
        """Start the shell; `replacements` are as the common ones, and come before them."""
        self._emulator = emulator
        self._replacements = {**(replacements or {}), **REPLACEMENTS}
        self._files = folder.parent / f"{folder.name}.reader"
        self._files.mkdir()
        self.port = free_port() if emulator is None else int(emulator.url.rpartition(":")[2])
        self._statuses, self._descriptor = os.pipe()
        self._ends, held = os.pipe()
        self._shell = subprocess.Popen(
            ["/bin/bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            cwd=folder,
            env=meltano_environment(**environment),
            pass_fds=(self._descriptor, held),
            start_new_session=True,
            text=True,
        )
        for each in (self._descriptor, held):
            os.close(each)
        self._tell(START)
        self._number = 0

    def run(
        self,
        page: str,
        heading: str,
        language: str = "shell",
        number: int = 1,
        *,
        stdin: str = "",
        expected: int | None = 0,
    ) -> Finished:
        """Run a block of a page; what it exports, and where it changes to, holds for the next."""
        return self.type(block(page, heading, language, number), stdin=stdin, expected=expected)

    def follow(self, page: str, language: str = "shell") -> list[Finished]:
        """Run all blocks of a page, of which each has to succeed."""
        return [self.type(each.text) for each in every(page, language)]

    def type(self, text: str, *, stdin: str = "", expected: int | None = 0) -> Finished:
        """Run commands that are of no page."""
        self._number += 1
        files = {
            kind: self._files / f"{self._number}.{kind}" for kind in ("sh", "in", "out", "err")
        }
        files["in"].write_text(stdin)
        files["sh"].write_text(self.as_run(text))
        own = f"{self._descriptor}>&-"  # what stays in the background cannot hold it open
        given = f". {files['sh']} < {files['in']} > {files['out']} 2> {files['err']} {own}"
        self._tell(f"{given}; echo $? >&{self._descriptor}\n")
        status = self._status()
        finished = Finished(status, files["out"].read_text(), files["err"].read_text())
        if expected is not None:
            shown = f"{files['sh'].read_text()}\n{finished.output[-3000:]}{finished.log[-5000:]}"
            assert status == expected, shown
        return finished

    def as_run(self, text: str) -> str:
        """Return commands with everything replaced that is to be."""
        values = {"port": self.port, "account_id": "TEST-000-0000", "passcode": "emulator"}
        if self._emulator is not None:
            values |= {name: getattr(self._emulator, name) for name in ("account_id", "passcode")}
        for pattern, replacement in self._replacements.items():
            for name, value in values.items():
                replacement = replacement.replace(f"{{{name}}}", str(value))  # noqa: PLW2901
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
        left = LEFT.search(text)
        assert left is None, f"nothing replaces the value in: {left and left[0]}"
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGTERM)
        assert self._shell.stdin is not None
        with suppress(BrokenPipeError):
            self._shell.stdin.close()
        if not select.select([self._ends], [], [], MOST_SECONDS_OF_END)[0]:
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        os.close(self._statuses)
        os.close(self._ends)

    def _tell(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()

    def _status(self) -> int:
        """Return the status of what was typed; the shell's own where the block ended it."""
        if not select.select([self._statuses], [], [], MOST_SECONDS)[0]:
            message = f"a block did not end within {MOST_SECONDS} s"
            raise AssertionError(message)
        return int(os.read(self._statuses, 100) or self._shell.wait(30))
