"""The four roads out of CleverTap."""

from __future__ import annotations

from scripts.pictures.drawing import Box, arrow, document, rectangle, text

TITLE = "Four roads out of CleverTap: the API, files in a bucket read by two programs, and push"
WIDTH, TOP, ROW, HEIGHT = 700, 16, 74, 54
FIRST, SECOND, THIRD, FOURTH = 16, 168, 376, 584
ROADS = [
    ("API", "3 requests at a time", "tap-clevertap", "events, profiles"),
    ("your bucket", "files, every 4 to 24 hours", "tap-clevertap", "the same rows and keys"),
    ("your bucket", "the same files", "tap_clevertap.spark", "the same rows and keys"),
    ("your bucket", "the same files", "warehouse's loader", "SQL, without keys"),
    ("push", "a message for each user", "tap-clevertap receive", "webhook_messages"),
]
"""From where, how it comes, what reads it, what it becomes."""


def picture() -> str:
    """Return the picture."""
    height = len(ROADS) * ROW - (ROW - HEIGHT)
    left, right = Box(FIRST, TOP, 104, height), Box(FOURTH, TOP, 100, height)
    shapes = [
        *_box(left, "CleverTap", "", "system"),
        *_box(right, "warehouse", "", "system"),
    ]
    for number, (source, how, reader, rows) in enumerate(ROADS):
        top = TOP + number * ROW
        colour = "out" if reader.startswith("tap") else "in"
        second, third = Box(SECOND, top, 176, HEIGHT), Box(THIRD, top, 176, HEIGHT)
        shapes += _box(second, source, how, "system")
        shapes += _box(third, reader, rows, f"{colour}-box")
        for start, end in ((left, second), (second, third), (third, right)):
            shapes.append(arrow((start.left + start.width, third.centre), (end.left, third.centre)))
    return document(WIDTH, height + 2 * TOP, TITLE, shapes)


def _box(box: Box, name: str, about: str, colour: str) -> list[str]:
    edge = colour.removesuffix("-box") if colour.endswith("-box") else "edge"
    base = box.centre - 4 if about else box.centre + 5
    lines = [text(box.middle, base, name, size=13, anchor="middle", bold=True)]
    if about:
        lines.append(text(box.middle, box.centre + 14, about, size=12, anchor="middle"))
    return [rectangle(box, colour, edge), *lines]
