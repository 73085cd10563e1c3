"""The tables of `make chaos` in docs/guarantees.md, as a plot."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from scripts.pictures.drawing import Box, document, level, rectangle, text

TITLE = "Interruptions of each case of make chaos, and what became of the records"
WIDTH, TOP, ROW, BAR = 780, 64, 46, 18
LABEL, BARS, MOST = 16, 236, 190
COLUMNS = {"records": 540, "lost": 596, "doubled": 664, "state ahead": 764}
HEAD = re.compile(r"^\| case \| disturbances \|.*\n\|[-:| ]+\|\n((?:\|.*\n)+)", re.MULTILINE)
COUNT = re.compile(r"(?:^|, )(\d+) ")


class Case(NamedTuple):
    """A row of a table."""

    name: str
    interruptions: int
    in_flight: int
    records: str
    lost: str
    doubled: str
    ahead: str


def cases(page: str) -> list[Case]:
    """Return the cases of all tables of a page.

    Raises:
        ValueError: The page has none.
    """
    rows = [line for table in HEAD.findall(page) for line in table.splitlines()]
    if not rows:
        message = "docs/guarantees.md: it has no table of make chaos; run make chaos"
        raise ValueError(message)
    return [_case([cell.strip() for cell in row.strip("|").split("|")]) for row in rows]


def _case(cells: list[str]) -> Case:
    name, disturbances, in_flight, _, records, lost, doubled, *_, ahead = cells
    total = sum(int(each) for each in COUNT.findall(disturbances))
    short = name.replace("`", "").partition(", and ")[0]
    return Case(short, total, int(in_flight), records, lost, doubled, ahead)


def picture(page: str) -> str:
    """Return the picture of a page's tables."""
    found = cases(page)
    most = max(case.interruptions for case in found)
    shapes = [
        rectangle(Box(BARS, 16, 12, 12), "out"),
        text(BARS + 18, 27, "while work was in flight"),
        rectangle(Box(BARS, 36, 12, 12), "grid"),
        text(BARS + 18, 47, "other interruptions"),
        *(text(x, 47, name, anchor="end", colour="faint") for name, x in COLUMNS.items()),
    ]
    for number, case in enumerate(found):
        shapes += _row(case, TOP + number * ROW, MOST / most)
    return document(WIDTH, TOP + len(found) * ROW + 12, TITLE, shapes)


def _row(case: Case, top: float, scale: float) -> list[str]:
    middle = top + ROW / 2
    lines = textwrap.wrap(case.name, 32)[:2]
    first = middle + 5 - 8 * (len(lines) - 1)
    values = (case.records, case.lost, case.doubled, case.ahead)
    whole = Box(BARS, middle - BAR / 2, case.interruptions * scale, BAR)
    return [
        level(LABEL, WIDTH - LABEL, top),
        *(text(LABEL, first + 16 * each, line) for each, line in enumerate(lines)),
        rectangle(whole, "grid"),
        rectangle(whole._replace(width=case.in_flight * scale), "out"),
        text(BARS + whole.width + 6, middle + 5, f"{case.interruptions}", colour="faint"),
        *(
            text(x, middle + 5, value, anchor="end", bold=True)
            for x, value in zip(COLUMNS.values(), values, strict=True)
        ),
    ]
