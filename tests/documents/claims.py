"""Which blocks the tests read: each call that names page, heading and language as literals."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.support.pages import README, ROOT, Block, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = {
    "block": ("page", "heading", "language", "number"),
    "documented": ("page", "heading", "language", "number"),
    "run": ("page", "heading", "language", "number"),
    "every": ("page", "language"),
    "follow": ("page", "language"),
}
"""By the name of a function, or of a method of a `Reader`: its arguments."""

DEFAULTS = {
    "documented": {"language": "yaml", "number": 1},
    "block": {"number": 1},
    "run": {"language": "shell", "number": 1},
    "follow": {"language": "shell"},
    "every": {},
}


@dataclass(frozen=True)
class Claim:
    """A call that reads blocks; with None it reads those under all headings, or of all numbers."""

    where: str
    page: str
    language: str
    heading: str | None = None
    number: int | None = None
    unused: frozenset[int] = frozenset()
    """Positions that the call's result is unpacked at into `_`."""

    def blocks(self) -> list[Block]:
        """Return what it reads."""
        found = [
            each
            for each in blocks(self.page)
            if each.language == self.language
            and self.heading in {None, each.heading}
            and self.number in {None, each.number}
        ]
        return [each for at, each in enumerate(found) if at not in self.unused]


def claims_of(source: str, where: str) -> Iterator[Claim]:
    """Yield the claims of a module of the tests; `where` is its path."""
    tree = ast.parse(source)
    constants: dict[str, Any] = {"README": README, "ROOT": ""}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names = (each.id for each in node.targets if isinstance(each, ast.Name))
            constants |= dict.fromkeys(names, _value(node.value, constants)) | {"ROOT": ""}
    unused = dict(map(_unused, ast.walk(tree)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = _arguments(node, constants)
            if given is not None:
                yield Claim(f"{where}:{node.lineno}", **given, unused=unused.get(node, frozenset()))


def _unused(node: ast.AST) -> tuple[ast.expr | None, frozenset[int]]:
    """Return the value of an assignment, and at which positions it goes into `_`."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        names = [getattr(each, "id", "") for each in node.targets[0].elts]
        return node.value, frozenset(at for at, name in enumerate(names) if name == "_")
    return None, frozenset()


def _arguments(node: ast.Call, constants: dict[str, Any]) -> dict[str, Any] | None:
    """Return the literals of a call, or None if it is of no page."""
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name not in CALLS:
        return None
    named = {each.arg: each.value for each in node.keywords if each.arg in CALLS[name]}
    written = {**dict(zip(CALLS[name], node.args, strict=False)), **named}
    values = {**DEFAULTS[name], **{key: _value(each, constants) for key, each in written.items()}}
    page = values.get("page")
    is_of_a_page = isinstance(page, str) and page.endswith(".md")
    return values if is_of_a_page and None not in values.values() else None


def _value(node: ast.expr, constants: dict[str, Any]) -> Any:
    """Return a literal, the constant of a name, or the path below `ROOT` that `/` joins."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        parts = [_value(each, constants) for each in (node.left, node.right)]
        are_texts = all(isinstance(each, str) for each in parts)
        return "/".join(filter(None, parts)) if are_texts else None
    if isinstance(node, ast.Constant):
        return node.value
    return constants.get(node.id) if isinstance(node, ast.Name) else None


@cache
def claims() -> tuple[Claim, ...]:
    """Return the claims of all tests."""
    found: list[Claim] = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        source = path.read_text()
        if ".md" in source or "README" in source:
            found += claims_of(source, str(path.relative_to(ROOT)))
    return tuple(found)
