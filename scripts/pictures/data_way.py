"""The way of the data: out of CleverTap into a warehouse, and back."""

from __future__ import annotations

from typing import NamedTuple

from scripts.pictures.drawing import Box, arrow, document, rectangle, text

TITLE = "The way of the data: out of CleverTap into a warehouse, and back"
WIDTH, ROW, STEP, TOP = 660, 84, 56, 16
LEFT, MIDDLE, RIGHT = (Box(16, 0, 208, STEP), Box(262, 0, 136, STEP), Box(436, 0, 208, STEP))


class Step(NamedTuple):
    """What happens, in a few words; `keeps` is the file next to it, with what it holds."""

    name: str
    does: str
    keeps: tuple[str, str] | None = None
    is_read: bool = False
    """Whether the file is read, not written."""


OUT = [
    Step("read", "closed days, 3 requests", ("state", "moves last"), is_read=True),
    Step("number and key", "the same in each run"),
    Step("prove", "rows against totals", ("receipt", "what was proved")),
    Step("write", "records, then the state"),
]
INTO = [
    Step("upload", "15 requests at a time", ("state", "moves last")),
    Step("ledger", "skips what was delivered", ("ledger file", "what was sent")),
    Step("lanes", "each user's records in order"),
    Step("map and check", "a rule for each stream", ("rejects", "code and reason")),
]
"""From above, against the way of the data."""


def picture() -> str:
    """Return the picture."""
    last = len(OUT) + 1
    top, bottom = _whole(0), _whole(last + 1)
    loader, tap = _at(LEFT, last), _at(RIGHT, last)
    shapes = [
        *_frame(LEFT, "tap-clevertap", "out"),
        *_frame(RIGHT, "target-clevertap", "in"),
        *_system(top, "CleverTap", "or the emulator"),
        *_system(loader, "a loader", "target-snowflake, …"),
        *_system(tap, "a tap", "tap-postgres, …"),
        *_system(bottom, "your warehouse or database", ""),
    ]
    for number in range(last + 1):
        shapes.append(_down(LEFT, number))
        shapes.append(_up(RIGHT, number))
    for number, step in enumerate(OUT, 1):
        shapes += _step(LEFT, number, step, "out") + _kept(LEFT, number, step)
    for number, step in enumerate(INTO, 1):
        shapes += _step(RIGHT, number, step, "in") + _kept(RIGHT, number, step)
    return document(WIDTH, int(bottom.top + bottom.height) + TOP, TITLE, shapes)


def _at(column: Box, row: int) -> Box:
    return column._replace(top=TOP + row * ROW)


def _whole(row: int) -> Box:
    return Box(LEFT.left, TOP + row * ROW, RIGHT.left + RIGHT.width - LEFT.left, STEP)


def _frame(column: Box, name: str, colour: str) -> list[str]:
    return [
        text(
            column.middle + (14 if colour == "out" else -14),
            TOP + STEP + 19,
            name,
            colour=colour,
            bold=True,
            anchor="start" if colour == "out" else "end",
        )
    ]


def _system(box: Box, name: str, about: str) -> list[str]:
    base = box.centre - 4 if about else box.centre + 5
    lines = [text(box.middle, base, name, size=15, anchor="middle", bold=True)]
    if about:
        lines.append(
            text(box.middle, box.centre + 15, about, size=12, colour="faint", anchor="middle")
        )
    return [rectangle(box, "system", "edge"), *lines]


def _step(column: Box, row: int, step: Step, colour: str) -> list[str]:
    box = _at(column, row)
    return [
        rectangle(box, f"{colour}-box", colour),
        text(box.middle, box.centre - 4, step.name, size=15, anchor="middle", bold=True),
        text(box.middle, box.centre + 15, step.does, size=13, anchor="middle"),
    ]


def _kept(column: Box, row: int, step: Step) -> list[str]:
    """Return the file of a step, in the middle, with an arrow to it or from it."""
    if step.keeps is None:
        return []
    box, other = _at(MIDDLE, row), _at(column, row)
    is_left = other.left < box.left
    ends = (other.left + other.width, box.left) if is_left else (other.left, box.left + box.width)
    start, end = reversed(ends) if step.is_read else ends
    name, holds = step.keeps
    return [
        arrow((start, box.centre), (end, box.centre)),
        rectangle(box, "ground", "edge", dashed=True),
        text(box.middle, box.centre - 4, name, size=14, anchor="middle", bold=True),
        text(box.middle, box.centre + 15, holds, size=12, colour="faint", anchor="middle"),
    ]


def _down(column: Box, row: int) -> str:
    top = _at(column, row).top + STEP
    return arrow((column.middle, top), (column.middle, top + ROW - STEP), "out")


def _up(column: Box, row: int) -> str:
    top = _at(column, row).top + STEP
    return arrow((column.middle, top + ROW - STEP), (column.middle, top), "in")
