"""The messages in the code of both plugins: their texts, with `…` for what a run puts in."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

from tests.support.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("tap-clevertap/tap_clevertap", "target-clevertap/target_clevertap")
PLACEHOLDER = re.compile(r"%(?:\.\d+)?[sdfgr]")
PLACE = re.compile(r"(?!is |not )((?:--)?[A-Za-z_.]+(?: [a-z]+)?|the environment's proxy): .+; .+")
"""A message of the form `where: what is wrong; what to do`, whose place is always the same."""
NO_MESSAGES = {"suggest", "page.py", "page_tables.py", "limit_table.py"}
"""Folders and modules with texts of the same form that are no messages."""


@cache
def messages() -> tuple[str, ...]:
    """Return every text in the code that has a space."""
    return tuple(
        text
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not NO_MESSAGES & set(path.parts)
        for text in _texts(ast.parse(path.read_text()))
        if " " in text
    )


def places() -> set[str]:
    """Return the words with which messages begin."""
    return {found[1] for text in messages() if (found := PLACE.fullmatch(text))}


def is_printed(line: str) -> bool:
    """Return whether a message in the code can be this line."""
    patterns = ("".join(_part(each) for each in re.split("(…)", text)) for text in messages())
    return any(re.fullmatch(pattern, line) for pattern in patterns)


def _part(text: str) -> str:
    return ".*" if text == "…" else re.escape(text)


def _texts(tree: ast.Module) -> Iterator[str]:
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if id(node) not in inner and (text := _text(node)) is not None:
            yield text


def _text(node: ast.AST) -> str | None:
    """Return the text of a literal, or None of any other node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return PLACEHOLDER.sub("…", node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else "…" for each in node.values]
        return "".join(map(str, parts))
    return None
