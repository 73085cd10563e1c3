"""Writes docs/limits.md and docs/codes.md from the tables that target-clevertap checks by.

Run as a program, it writes both documents; with --check it only compares them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.generated import table_row, write_or_check
from target_clevertap.records import codes, own_codes, request_codes
from target_clevertap.records.limit_table import LIMITS, WORD_LIMITS, Limit, WordLimit

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = Path(__file__).parents[1] / "docs"

LIMITS_HEAD = """# Limits of CleverTap's API

`make reference` writes this page from the table that the checks of target-clevertap use. A tag in
brackets is a [source](sources.md). Each code has its explanation under [Codes](codes.md).

A record beyond a limit is refused before it is sent where CleverTap would surely not take it. Where
sources differ, the loosest one counts, for your account may have it. The column *surely taken* has
the strictest one. `invalid: fix` cuts texts there, and `invalid: send` leaves the checks to
CleverTap.
"""

CODES_HEAD = """# Codes of rejects

`make reference` writes this page from the table behind `target-clevertap explain`. A tag in
brackets is a [source](sources.md).

```bash
target-clevertap explain 515
```
"""

GROUPS = {
    "Events": codes.OF_EVENTS,
    "Profiles": codes.OF_PROFILES,
    "Events and profiles": codes.OF_ALL,
    "Device tokens": request_codes.OF_TOKENS,
    "Whole requests": request_codes.OF_REQUESTS,
    "Values": own_codes.OF_VALUES,
    "Names": own_codes.OF_NAMES,
    "Files": own_codes.OF_FILES,
    "Delivery": own_codes.OF_DELIVERY,
}


def limits_document() -> str:
    """Return docs/limits.md."""
    numbers = ["limit", "most", "surely taken", "unit", "code", "beyond it", "source"]
    words = ["limit", "words", "meaning", "code", "beyond it", "source"]
    return (
        f"{LIMITS_HEAD}\n## Numbers\n\n{_table(numbers, map(_limit_row, LIMITS))}"
        f"\n## Words and characters\n\n{_table(words, map(_word_row, WORD_LIMITS))}"
    )


def codes_document() -> str:
    """Return docs/codes.md."""
    columns = ["code", "meaning", "cause", "fix", "source"]
    parts = [
        f"\n## {title}\n\n{_table(columns, map(_code_row, group))}"
        for title, group in GROUPS.items()
    ]
    return CODES_HEAD + "".join(parts)


def documents() -> dict[Path, str]:
    """Return both documents by their files."""
    return {DOCS / "limits.md": limits_document(), DOCS / "codes.md": codes_document()}


def _limit_row(limit: Limit) -> list[str]:
    code = _code(limit.code)
    least = f"{limit.least:,} to " if limit.least is not None else ""
    most, taken = f"{least}{limit.most:,}", f"{least}{limit.surely_taken:,}"
    return [limit.name, most, taken, limit.unit, code, limit.beyond.value, f"[{limit.source}]"]


def _word_row(limit: WordLimit) -> list[str]:
    words = " ".join(f"`` {each} ``" if "`" in each else f"`{each}`" for each in limit.words)
    code = _code(limit.code)
    return [limit.name, words, limit.unit, code, limit.beyond.value, f"[{limit.source}]"]


def _code_row(entry: codes.CodeEntry) -> list[str]:
    return [f"`{entry.code}`", entry.meaning, entry.cause, entry.fix, f"[{entry.source}]"]


def _code(code: object) -> str:
    return f"`{code}`" if str(code) in own_codes.BY_CODE else str(code)


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    return "".join(map(table_row, [columns, ["---"] * len(columns), *rows]))


def main(arguments: list[str]) -> None:
    """Write the documents, or only compare."""
    write_or_check(documents(), "reference", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
