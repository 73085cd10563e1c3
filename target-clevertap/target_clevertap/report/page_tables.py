"""Tables of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    Cells: TypeAlias = Sequence["str | float"]
    """HTML, or a number to be written."""


def table(heads: Sequence[str], rows: Iterable[Cells]) -> Iterator[str]:
    """Yield the HTML of a table whose first column names the rows.

    Args:
        heads: Plain text.
        rows: With a cell for each head.
    """
    yield '<div class="wide"><table class="list"><thead><tr>'
    yield "".join(f'<th scope="col">{head}' for head in heads) + "</thead><tbody>"
    for first, *others in rows:
        yield f'<tr><th scope="row">{first}{"".join(map(_cell, others))}'
    yield "</tbody></table></div>"


def _cell(value: str | float) -> str:
    return f"<td>{value}" if isinstance(value, str) else f'<td class="n">{value:,}'
