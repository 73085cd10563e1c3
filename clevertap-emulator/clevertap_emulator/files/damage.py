"""Files that are not, or not yet, what they will be: cut, still growing, or to be replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from clevertap_emulator.files.settings import ExportSettings

Row = TypeVar("Row")
LEAST_ROWS = 4
CUT_AFTER = 2 / 3
"""The part of its bytes that a cut file has."""


class Damage:
    """Damages some of the files that have enough rows, the first ones, each in one way."""

    def __init__(self, settings: ExportSettings) -> None:
        self._left = {"cut": settings.cut, "grow": settings.grow, "replace": settings.replace}
        self.keys: dict[str, list[str]] = {kind: [] for kind in self._left}
        """Of the damaged files, by kind."""

    def damaged(
        self, key: str, rows: Sequence[Row], content: Callable[[Sequence[Row]], Iterable[bytes]]
    ) -> Iterable[bytes]:
        """Return the bytes of a file, which may be less than all of its rows give."""
        kinds = [kind for kind, left in self._left.items() if left]
        if not kinds or len(rows) < LEAST_ROWS:
            return content(rows)
        kind = max(kinds, key=lambda each: self._left[each])
        self._left[kind] -= 1
        self.keys[kind].append(key)
        half = len(rows) // 2
        if kind == "cut":
            return _cut(content(rows))
        return content(rows[:half] if kind == "grow" else rows[half:])


def _cut(content: Iterable[bytes]) -> Iterator[bytes]:
    whole = b"".join(content)
    yield whole[: int(len(whole) * CUT_AFTER)]
