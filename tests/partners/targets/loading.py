"""Loading what tap-clevertap read into a target, twice, and comparing what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.partners.comparison import Comparison, compared, compared_as_lists
from tests.partners.targets.reading import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.partners.partner import Ended, Partner
    from tests.partners.targets.reading import Reading, Readings

    Row = dict[str, Any]
    Found = Callable[[str], Iterable[Row]]


def load(partner: Partner, config: dict[str, Any], reading: Reading, **options: Any) -> Ended:
    """Load what a run read, and check that its state comes out at the end."""
    ended = partner.run(config, messages=reading.messages, **options)
    assert ended.states[-1] == reading.state
    return ended


def first_run(readings: Readings, found: Found) -> list[Comparison]:
    """Compare what a target holds after the first run."""
    return against(readings.first, found)


def upserted(readings: Readings, found: Found) -> list[Comparison]:
    """Compare what a target holds that keeps one row for each key, after both runs."""
    return [
        compared(readings.rows(stream), found(stream), readings.second.schema(stream))
        for stream in KEYS
    ]


def appended(readings: Readings, found: Found) -> list[Comparison]:
    """Compare what a target holds that keeps all rows of both runs."""
    return [
        compared_as_lists(
            [*readings.first.rows(stream), *readings.second.rows(stream)],
            found(stream),
            readings.second.schema(stream),
        )
        for stream in KEYS
    ]


def against(reading: Reading, found: Found) -> list[Comparison]:
    """Compare what a target holds with what one run read."""
    return [
        compared(reading.rows(stream), found(stream), reading.schema(stream)) for stream in KEYS
    ]


def assert_exact(*comparisons: Comparison) -> None:
    """Check that every value of every row arrived, and no other."""
    assert [each for each in comparisons if not each.is_exact] == []
