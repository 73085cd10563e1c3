"""Reading container files: the instructions of a Dockerfile, and what .dockerignore leaves."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

CONTINUED = re.compile(r"\\\s*\n")
COMMENT = re.compile(r"^\s*#.*\n?", re.MULTILINE)
OPTION = re.compile(r"--([a-z-]+)=(\S+)\s+")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Instruction(NamedTuple):
    """One instruction, such as `COPY`, its options, and the rest of its text."""

    name: str
    options: dict[str, str]
    text: str

    @property
    def words(self) -> list[str]:
        """The words of a text, or the members of a JSON array."""
        return json.loads(self.text) if self.is_exec else shlex.split(self.text)

    @property
    def is_exec(self) -> bool:
        return self.text.startswith("[")

    @property
    def command(self) -> list[str]:
        """What is executed: the array as it is, or a text by the shell."""
        return self.words if self.is_exec else ["/bin/sh", "-c", self.text]

    def pairs(self, environment: dict[str, str]) -> dict[str, str]:
        """Return the variables of `ENV`, those of the environment put in."""
        pairs = dict(word.split("=", 1) for word in self.words)
        return {name: expanded(value, environment) for name, value in pairs.items()}


def instructions(path: Path) -> list[Instruction]:
    """Read a Dockerfile; comments may be between the lines of an instruction."""
    text = CONTINUED.sub(" ", COMMENT.sub("", path.read_text()))
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        options, rest = {}, rest.strip()
        while option := OPTION.match(rest):
            options[option[1]] = option[2]
            rest = rest[option.end() :]
        found.append(Instruction(name.upper(), options, rest))
    return found


def expanded(text: str, environment: dict[str, str]) -> str:
    """Put variables in."""
    return VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), text)


def context(folder: Path) -> list[Path]:
    """Return the files of a folder that are sent to the build, relative to it."""
    path = folder / ".dockerignore"
    lines = path.read_text().splitlines() if path.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    files = (each.relative_to(folder) for each in folder.rglob("*") if not each.is_dir())
    return [each for each in files if not _is_ignored(each, patterns)]


def _is_ignored(file: Path, patterns: list[str]) -> bool:
    """Return what the last pattern decides that fits the file, or a folder it is in."""
    ignored = False
    for pattern in patterns:
        wanted = re.compile(_as_expression(pattern.removeprefix("!").strip("/")))
        if any(wanted.fullmatch(str(each)) for each in (file, *file.parents)):
            ignored = not pattern.startswith("!")
    return ignored


def _as_expression(pattern: str) -> str:
    replaced: dict[str, Any] = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(replaced.get(part) or re.escape(part) for part in parts)
