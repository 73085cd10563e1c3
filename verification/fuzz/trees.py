"""JSON as it is spelled: trees that keep double keys, digits, and what is no JSON at all."""

from __future__ import annotations

import json
from typing import Any, TypeAlias


class Token(str):
    """A piece of text that is written as it is: a number, or anything else."""

    __slots__ = ()


class Members(list[list[Any]]):
    """The members of an object, each a list of name and value, in their order, doubles kept."""


Tree: TypeAlias = "Members | list[Any] | Token | str | bool | None"


def read_tree(content: bytes) -> Tree:
    """Return a JSON text as a tree.

    Raises:
        ValueError: If it is no JSON in UTF-8, or nested too deeply.
    """
    try:
        return json.loads(
            content.decode(),
            object_pairs_hook=lambda pairs: Members([name, value] for name, value in pairs),
            parse_float=Token,
            parse_int=Token,
            parse_constant=Token,
        )
    except RecursionError:
        raise ValueError from None


def write_tree(tree: Tree, *, ascii_only: bool = True) -> bytes:
    """Return a tree as text.

    Args:
        tree: A tree, or a part of one.
        ascii_only: Whether other letters are escaped; otherwise half a surrogate pair becomes
            bytes that are not UTF-8.

    Raises:
        ValueError: If it is nested too deeply.
    """
    try:
        return _text(tree, ascii_only).encode("utf-8", "surrogatepass")
    except RecursionError:
        raise ValueError from None


def _text(tree: Any, ascii_only: bool) -> str:  # noqa: FBT001 - of this module alone
    if isinstance(tree, Token):
        return str(tree)
    if isinstance(tree, Members):
        parts = (f"{_text(name, ascii_only)}:{_text(value, ascii_only)}" for name, value in tree)
        return "{" + ",".join(parts) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(_text(item, ascii_only) for item in tree) + "]"
    return json.dumps(tree, ensure_ascii=ascii_only)
