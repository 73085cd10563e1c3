"""The syntax of blocks, by their language."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import textwrap
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import duckdb
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable


def _shell(text: str) -> None:
    typed = re.sub(r"^\$ ", "", text, flags=re.MULTILINE)
    done = subprocess.run(
        ["/bin/bash", "-n", "-c", typed], capture_output=True, check=False, text=True, timeout=60
    )
    if done.returncode or done.stderr:
        raise ValueError(done.stderr)


def _json(text: str) -> None:
    """Parse JSON, members of an object, or a value on each line."""
    if re.match(r'\s*"\w+":', text):
        text = "{" + text.strip().rstrip(",") + "}"
    lines = text.splitlines()
    is_of_lines = len(lines) > 1 and all(each.startswith("{") for each in lines)
    for part in lines if is_of_lines else [text]:
        json.loads(part)


def _python(text: str) -> None:
    ast.parse(textwrap.dedent(text).replace("…", "..."))


def _sql(text: str) -> None:
    duckdb.extract_statements(text)


def _ini(text: str) -> None:
    configparser.ConfigParser(allow_no_value=True).read_file(StringIO(text))


def _yaml(text: str) -> None:
    list(yaml.safe_load_all(text))


PARSERS: dict[str, Callable[[str], object]] = {
    "bash": _shell,
    "console": _shell,
    "ini": _ini,
    "json": _json,
    "jsonl": _json,
    "py": _python,
    "python": _python,
    "sh": _shell,
    "shell": _shell,
    "xml": ET.fromstring,
    "yaml": _yaml,
    "yml": _yaml,
}
"""By language; of others the syntax is checked by what runs them."""

OF_A_DIALECT = {"sql": _sql}
"""DuckDB's, for blocks that are listed with it."""
FAULTS = (ValueError, SyntaxError, yaml.YAMLError, ET.ParseError, configparser.Error, duckdb.Error)
SHELLS = {"bash", "console", "sh", "shell"}


def fault_of(language: str, text: str) -> str:
    """Return what is wrong with a block, or nothing."""
    try:
        PARSERS.get(language, lambda _: None)(text)
    except FAULTS as error:
        return str(error)
    return ""
