"""The curves of a long run as SVG, which follows the reader's light or dark colours."""

from __future__ import annotations

from typing import NamedTuple

from scripts.pictures.drawing import PALETTE

WIDTH, HEIGHT, LEFT, TOP, GAP = 760, 210, 64, 46, 70
STEPS = 4
INK, DARK_INK = PALETTE["ink"]
STROKES = {
    "grid": PALETTE["grid"],
    "axis": PALETTE["edge"],
    "seconds": PALETTE["out"],
    "megabytes": PALETTE["in"],
}
"""In light colours as attributes, for not every program reads styles; in dark ones as a style."""
STYLE = "\n".join(
    [
        f"@media (prefers-color-scheme: dark) {{\ntext {{ fill: {DARK_INK} }}",
        *(f".{kind} {{ stroke: {dark} }}" for kind, (_, dark) in STROKES.items()),
        "}",
    ]
)
TEXT = f'font-family="sans-serif" font-size="13" fill="{INK}"'


class Curve(NamedTuple):
    """What each million of a run took."""

    name: str
    seconds: list[float]
    megabytes: list[float]


def picture(curves: list[Curve]) -> str:
    """Return an SVG with two panels for each curve: time, and memory."""
    panels = [
        panel
        for curve in curves
        for panel in (
            (f"{curve.name}: seconds for each million", "seconds", curve.seconds),
            (f"{curve.name}: memory in MB", "megabytes", curve.megabytes),
        )
    ]
    height = TOP + len(panels) * (HEIGHT + GAP)
    size = (
        f'viewBox="0 0 {WIDTH + LEFT + 30} {height}" width="{WIDTH + LEFT + 30}" height="{height}"'
    )
    drawn = "\n".join(
        drawn_panel(title, kind, values, TOP + number * (HEIGHT + GAP))
        for number, (title, kind, values) in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
        f'aria-label="Time and memory of each million">\n<style>{STYLE}</style>\n{drawn}\n</svg>\n'
    )


def drawn_panel(title: str, kind: str, values: list[float], top: int) -> str:
    """Return one panel: its title, its axes from zero, and its line."""
    most, bottom = round_above(max(values)), top + HEIGHT
    parts = [f'<text x="{LEFT}" y="{top - 14}" font-weight="bold" {TEXT}>{title}</text>']
    for step in range(STEPS + 1):
        height = bottom - HEIGHT * step / STEPS
        kind_of_line = "grid" if step else "axis"
        parts.append(level(kind_of_line, height) + label(LEFT - 8, height + 4, most * step / STEPS))
    marked = sorted({len(values) * step // STEPS or 1 for step in range(1, STEPS + 1)})
    parts += [label(across(each, len(values)), bottom + 18, each, "middle") for each in marked]
    points = " ".join(
        f"{across(number, len(values)):.1f},{bottom - HEIGHT * value / most:.1f}"
        for number, value in enumerate(values, 1)
    )
    parts.append(f'<polyline {stroke(kind, 2)} fill="none" points="{points}"/>')
    return "\n".join(parts)


def across(million: int, of: int) -> float:
    """Return where a million is, from the left."""
    return LEFT + WIDTH * million / of


def level(kind: str, height: float) -> str:
    """Return a line from left to right."""
    return f'<line {stroke(kind, 1)} x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{height}" y2="{height}"/>'


def stroke(kind: str, width: int) -> str:
    """Return the attributes of a line."""
    return f'class="{kind}" stroke="{STROKES[kind][0]}" stroke-width="{width}"'


def label(left: float, height: float, figure: float, anchor: str = "end") -> str:
    """Return a figure next to an axis."""
    where = f'x="{left:.1f}" y="{height:.1f}" text-anchor="{anchor}"'
    return f"<text {where} {TEXT}>{figure:g}</text>"


def round_above(figure: float) -> float:
    """Return the next larger figure whose quarters are short."""
    unit = 1.0
    while unit * 10 <= figure:
        unit *= 10
    while unit > figure:
        unit /= 10
    return next(unit * each for each in (1, 2, 4, 6, 8, 10, 20) if unit * each >= figure)
