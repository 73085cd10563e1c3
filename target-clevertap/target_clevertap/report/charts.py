"""Charts of a page: bars over the time of a run, and the same figures as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.report.page_tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_clevertap.report.timeline import Timeline

HEIGHT = 100
GAP = 0.1
"""Between two bars, of the width of one."""


def charts(timeline: Timeline) -> Iterator[str]:
    """Yield the HTML of all charts; nothing where no request was sent."""
    slots = timeline.slots
    if not any(slot.requests or slot.delivered for slot in slots):
        return
    seconds = f"{timeline.seconds:,.0f} second{'' if timeline.seconds == 1 else 's'}"
    yield "<h2>Deliveries over time</h2>"
    yield from _bars([slot.delivered for slot in slots], "records delivered", seconds)
    yield "<h2>Requests in flight</h2>"
    yield from _bars([slot.most_in_flight for slot in slots], "requests in flight", seconds)
    yield "<details><summary>The figures of both charts as a table</summary>"
    yield from table(
        ("Seconds from the start", "Delivered", "Requests ended", "Throttled", "In flight at most"),
        (
            (
                f"{number * timeline.seconds:,.0f}",
                *(slot.delivered, slot.requests, slot.throttled, slot.most_in_flight),
            )
            for number, slot in enumerate(slots)
        ),
    )
    yield "</details>"


def _bars(heights: Sequence[int], what: str, seconds: str) -> Iterator[str]:
    most = max(heights)
    text = f"{what}: at most {most:,} in {seconds}, {len(heights)} bars of {seconds} each"
    yield (
        f'<figure><svg role="img" aria-label="{text}" viewBox="0 0 {len(heights)} {HEIGHT}" '
        'preserveAspectRatio="none">'
    )
    for number, height in enumerate(heights):
        if height:
            size = max(1.0, HEIGHT * height / most)
            place = f'x="{number + GAP / 2:.2f}" y="{HEIGHT - size:.1f}"'
            yield f'<rect {place} width="{1 - GAP}" height="{size:.1f}"/>'
    yield f"</svg><figcaption>{text}</figcaption></figure>"
