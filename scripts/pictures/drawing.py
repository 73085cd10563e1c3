"""Shapes of SVG, in light colours as attributes and in dark ones as a style for dark themes."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

PALETTE = {
    "ground": ("#ffffff", "#131416"),
    "ink": ("#24292f", "#e6edf3"),
    "faint": ("#57606a", "#9aa4af"),
    "edge": ("#8c959f", "#7d8590"),
    "grid": ("#d0d7de", "#30363d"),
    "out": ("#0969da", "#58a6ff"),
    "out-box": ("#ddf4ff", "#12243a"),
    "in": ("#bc4c00", "#f0883e"),
    "in-box": ("#fff1e5", "#33200f"),
    "system": ("#f6f8fa", "#21262d"),
}
"""Each colour in light and in dark."""
FONT = 'font-family="system-ui, sans-serif"'


class Box(NamedTuple):
    """Where a shape is: its upper left corner, and its size."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """From the left."""
        return self.left + self.width / 2

    @property
    def centre(self) -> float:
        """From above."""
        return self.top + self.height / 2


def document(width: int, height: int, title: str, shapes: list[str]) -> str:
    """Return an SVG on a ground of its own, so it can be read on any page."""
    dark = "".join(
        f".{name} {{ fill: {colour} }} .{name}-line {{ stroke: {colour} }}\n"
        for name, (_, colour) in PALETTE.items()
    )
    body = "\n".join([rectangle(Box(0, 0, width, height), "ground"), *shapes])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">\n'
        f"<style>@media (prefers-color-scheme: dark) {{\n{dark}}}</style>\n{body}\n</svg>\n"
    )


def rectangle(box: Box, colour: str, line: str | None = None, *, dashed: bool = False) -> str:
    """Return a rectangle with round corners if it has a line."""
    edge = "" if line is None else f' rx="6" {_stroke(line)}'
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    classes = f"{colour} {line}-line" if line else colour
    size = f'x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}"'
    return f'<rect class="{classes}" {size} fill="{PALETTE[colour][0]}"{edge}{dashes}/>'


def text(  # noqa: PLR0913 - a place and a look
    left: float,
    base: float,
    words: str,
    *,
    colour: str = "ink",
    size: float = 13,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """Return a line of text."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text class="{colour}" x="{left:g}" y="{base:g}" text-anchor="{anchor}" {FONT} '
        f'font-size="{size:g}"{weight} fill="{PALETTE[colour][0]}">{escape(words)}</text>'
    )


def arrow(start: tuple[float, float], end: tuple[float, float], colour: str = "edge") -> str:
    """Return a straight arrow, level or upright."""
    (x, y), (to_x, to_y) = start, end
    along_x, along_y = (_sign(to_x - x), _sign(to_y - y))
    back_x, back_y = to_x - 8 * along_x, to_y - 8 * along_y
    tip = (
        f"{to_x:g},{to_y:g} {back_x + 4 * along_y:g},{back_y + 4 * along_x:g} "
        f"{back_x - 4 * along_y:g},{back_y - 4 * along_x:g}"
    )
    return (
        f'<line class="{colour}-line" {_stroke(colour)} x1="{x:g}" y1="{y:g}" '
        f'x2="{back_x:g}" y2="{back_y:g}"/>'
        f'<polygon class="{colour}" fill="{PALETTE[colour][0]}" points="{tip}"/>'
    )


def level(left: float, right: float, height: float) -> str:
    """Return a thin line from left to right."""
    return (
        f'<line class="grid-line" {_stroke("grid", 1)} x1="{left:g}" y1="{height:g}" '
        f'x2="{right:g}" y2="{height:g}"/>'
    )


def _stroke(colour: str, width: float = 1.5) -> str:
    return f'stroke="{PALETTE[colour][0]}" stroke-width="{width:g}"'


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
