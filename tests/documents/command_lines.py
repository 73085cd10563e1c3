"""Commands that blocks show: each flag, subcommand and target that they use exists."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

import click
from meltano.cli import cli as meltano

from clevertap_emulator.cli import main as emulator
from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap
from tests.support.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS: dict[str, click.Command] = {
    "clevertap-emulator": emulator,
    "meltano": meltano,
    "tap-clevertap": TapCleverTap.cli,
    "target-clevertap": TargetCleverTap.cli,
}
HELP = {"--help", "-h"}
ENDS = {"|", "||", "&&", ";", "&", "(", ")", "{", "}", "do", "then", "$", "<(", "!"}


def commands(text: str) -> Iterator[list[str]]:
    """Yield each command of ours, of Meltano and of make in a shell script, as its words."""
    joined = re.sub(r"\\\n", " ", text)
    joined = re.sub(r"^\$ ", "", joined, flags=re.MULTILINE).replace("$(", " ( ")
    for line in joined.splitlines():
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            words = [*lexer, ";"]
        except ValueError:  # text of several lines, in quotes
            continue
        yield from _commands_of(words)


def _commands_of(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if word in ENDS or re.fullmatch(r"[();<>|&]+", word):
            if command and (command[0] in PROGRAMS or command[0] == "make"):
                yield command
            command = []
        elif command or not re.match(r"\w+=", word):  # a variable of the command only
            command.append(word if command else PurePath(word).name)


def faults_of(words: list[str]) -> list[str]:
    """Return what a command uses that does not exist."""
    if words[0] == "make":
        return [each for each in words[1:] if not _is_of_make(each)]
    return list(_faults(PROGRAMS[words[0]], words[1:]))


def _faults(command: click.Command, words: list[str]) -> Iterator[str]:
    options = {
        name: each
        for each in command.params
        if isinstance(each, click.Option)
        for name in (*each.opts, *each.secondary_opts)
    }
    rest = list(words)
    while rest:
        word, _, value = rest.pop(0).partition("=")
        option = options.get(word)
        if option is not None and not (option.is_flag or option.count or value):
            rest = rest[option.nargs :]
        elif word.startswith("-") and option is None and word not in HELP and word != "-":
            yield word
            return  # what follows may be its value
        elif isinstance(command, click.Group) and option is None and word not in HELP:
            found = command.get_command(click.Context(command), word)
            yield from [word] if found is None else _faults(found, rest)
            return
        elif command.name == "invoke" and option is None:
            return  # what follows is of the plugin


@cache
def _makefile() -> str:
    return (ROOT / "Makefile").read_text()


def _is_of_make(word: str) -> bool:
    name, is_variable, _ = word.partition("=")
    pattern = rf"\$\([^)]*\b{name}\b|^{name} \?=" if is_variable else rf"^{name}:"
    return bool(re.search(pattern, _makefile(), re.MULTILINE))
