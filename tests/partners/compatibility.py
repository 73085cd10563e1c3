"""docs/compatibility.md: what the tests measured of partners, and what was tried by hand.

Run as a program, it writes the document anew after a change of compatibility.yml.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.partners.partner import DATA

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCUMENT = Path(__file__).parents[2] / "docs" / "compatibility.md"
MEASURED = Path(__file__).with_name("measured.json")
EQUAL = "all equal"
KINDS = {
    "targets": "Targets: tap-clevertap into them",
    "taps": "Taps: from them into target-clevertap",
}
HEAD = Path(__file__).with_name("compatibility_head.md")
"""What the page begins with: its links are those of a page in docs/."""


def document(known: dict[str, Any], measured: dict[str, Any]) -> str:
    """Return the whole page."""
    parts = [HEAD.read_text()]
    for kind, title in KINDS.items():
        rows = [partner_row(each, measured.get(each["name"])) for each in known[kind]]
        columns = ["partner", "version", "verdict", "what you see", "what to do", "known from"]
        parts.append(f"## {title}\n\n{table(columns, rows)}")
    columns = ["partner", "case", "rows in", "rows out", "values", "after a second run"]
    names = [each["name"] for kind in KINDS for each in known[kind]]
    rows = [
        [name, case, *found] for name in names for case, found in cases(measured.get(name)).items()
    ]
    parts.append(f"## What the tests measured\n\n{table(columns, rows)}")
    return "\n".join(parts)


def partner_row(entry: dict[str, Any], measured: dict[str, Any] | None) -> list[str]:
    """Return a partner's row: of what the tests found, else of what was tried."""
    if "packages" in entry:
        version, source = (measured or {}).get("version", "not measured"), "tests"
        verdict = verdict_of(cases(measured))
    else:
        version, source, verdict = entry["version"], str(entry["tried"]), entry["verdict"]
    return [entry["name"], version, verdict, entry.get("see", ""), entry.get("do", ""), source]


def verdict_of(found: dict[str, list[str]]) -> str:
    """Return the result of cases: the first is without settings, or the only way to use it."""
    are_good = [rows[0] == rows[1] and values == EQUAL for *rows, values, _ in found.values()]
    if not any(are_good):
        return "usable"
    return "good" if all(are_good) else "good with the setting"


def cases(measured: dict[str, Any] | None) -> dict[str, list[str]]:
    return (measured or {}).get("cases", {})


def table(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def merged(measured: dict[str, Any], facts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Put what tests found over what was known; what they did not run stays."""
    found = json.loads(json.dumps(measured))
    for fact in facts:
        partner = found.setdefault(fact["partner"], {"cases": {}})
        partner["version"] = fact["version"]
        rows = [f"{fact[name]:,}" for name in ("rows_in", "rows_out")]
        partner["cases"][fact["case"]] = [*rows, fact["values"], fact["second_run"]]
    return dict(sorted(found.items()))


def kept() -> dict[str, Any]:
    """Return what the tests found when the page was written."""
    return json.loads(MEASURED.read_text()) if MEASURED.is_file() else {}


def written(measured: dict[str, Any]) -> str:
    """Return the page of what is known and was measured."""
    return document(yaml.safe_load(DATA.read_text()), measured)


def keep(measured: dict[str, Any]) -> None:
    """Write the page, and what it rests on."""
    MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    DOCUMENT.write_text(written(measured))


def is_kept(measured: dict[str, Any]) -> bool:
    """Return whether the page has this."""
    return measured == kept() and DOCUMENT.is_file() and DOCUMENT.read_text() == written(measured)


if __name__ == "__main__":
    keep(kept())
