"""Writes the tables of docs/presets.md from the YAML of the presets.

Run as a program, it writes the document; with --check it only compares it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.generated import table_row, write_or_check
from target_clevertap.rules.presets import NAMES, merged, preset

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[1] / "docs" / "presets.md"
ALL = ""
"""The kind of a preset that has no kinds."""


def table(name: str) -> str:
    """Return the table of a preset."""
    keys = preset(name)
    shared = {key: value for key, value in keys.items() if key != "kinds"}
    kinds = {kind: merged(shared, each) for kind, each in keys.get("kinds", {ALL: {}}).items()}
    rows = [row for kind, each in kinds.items() for row in _rows(kind, each)]
    return "| kind | from | to |\n|---|---|---|\n" + "".join(map(table_row, rows))


def _rows(kind: str, keys: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    of = keys["type"] if kind == ALL else kind
    yield of, _columns(keys["identity"]), "the user's `identity`"
    if "anonymous" in keys:
        yield of, f"{_columns(keys['anonymous'])}, without an identity", "`objectId`"
    if "time" in keys:
        unit = f", {keys['time_unit']}" if "time_unit" in keys else ""
        yield of, f"{_columns(keys['time'])}{unit}", "`ts`"
    if "event_format" in keys:
        yield of, _columns(keys["event_field"]), f"event `{keys['event_format']}`"
    for name, event in keys.get("events", {}).items():
        yield of, f"event `{name}`", f"event `{event}`"
    if "event" in keys:
        yield of, "every other row" if "event_format" in keys else "every row", _event(keys)
    for name, sources in keys.get("properties", {}).items():
        yield of, _columns(sources), f"`{name}`{_format(keys, name)}"
    for event, properties in keys.get("properties_of", {}).items():
        for name, sources in properties.items():
            yield of, _columns(sources), f"`{name}` of `{event}`{_format(keys, name)}"
    for name, member in keys.get("items", {}).items():
        yield of, f"`{member}` of an item", f"`{name}` of an item"
    yield of, "everything else", _others(keys)


def _event(keys: dict[str, Any]) -> str:
    return f"event `{keys['event']}`"


def _format(keys: dict[str, Any], name: str) -> str:
    found = keys.get("formats", {}).get(name)
    return "" if found is None else f" (format `{found}`)"


def _others(keys: dict[str, Any]) -> str:
    if keys.get("others") == "drop":
        return "not sent"
    name = "its name in snake_case" if keys.get("names") == "snake_case" else "its own name"
    nested = "; lists and objects are not sent" if keys.get("nested") == "drop" else ""
    return f"{name}{nested}"


def _columns(wanted: Any) -> str:  # noqa: ANN401 - of the form of a rule's key
    if isinstance(wanted, dict):
        return " and ".join(f"`{each}`" for each in wanted["join"])
    return f"`{wanted}`" if isinstance(wanted, str) else ", ".join(map(_columns, wanted))


def document() -> str:
    """Return the document with its tables as the presets are now."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in NAMES:
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{table(name)}\n{end}{after}"
    return text


def main(arguments: list[str]) -> None:
    """Write the document, or only compare."""
    write_or_check({DOCUMENT: document()}, "reference", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
