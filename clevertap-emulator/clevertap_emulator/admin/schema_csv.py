"""The CSV of the dashboard's Schema page: 17 columns, a row for each property [BSW, U:schema]."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clevertap_emulator.data.declarations import DeclaredEvent

TITLES = ("usual", "shuffled", "other", "none")
"""The line of titles: our guess; the same in another order of columns; other words; none."""

EVENT_TITLES = (
    "Event name",
    "Type",
    "System/Custom",
    "Status",
    "Retention period",
    "This month",
    "Last month",
    "Data points",
    "Created on",
)
PROPERTY_TITLES = (
    "Property name",
    "Property type",
    "Property status",
    "Required",
    "Data type",
    "Data type fallback",
    "Property data points",
    "Property created on",
)
CREATED = "2024-01-15"


def schema_csv(
    events: Iterable[DeclaredEvent], *, titles: str = "usual", properties: bool = True
) -> str:
    """Write the file; without `properties` as the choice "Events" does, a row for each event."""
    columns = EVENT_TITLES + (PROPERTY_TITLES if properties else ())
    order = [*range(len(columns))][:: -1 if titles == "shuffled" else 1]
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    if titles != "none":
        shown = [f"Col {number}" for number in order] if titles == "other" else columns
        writer.writerow([shown[number] for number in order])
    for event in events:
        for row in _rows(event) if properties else [_event_cells(event)]:
            writer.writerow([row[number] for number in order])
    return written.getvalue()


def _rows(event: DeclaredEvent) -> Iterator[list[str]]:
    if not event.properties:
        yield _event_cells(event) + [""] * len(PROPERTY_TITLES)
    for name, kind in event.properties.items():
        cells = [name, "Defined", "Active", "No", kind, "String", "0", CREATED]
        yield _event_cells(event) + cells


def _event_cells(event: DeclaredEvent) -> list[str]:
    kind = "System" if event.system else "Custom"
    status = "Discarded" if event.discarded else "Active"
    return [event.name, "Defined", kind, status, "1 year", "0", "0", "0", CREATED]
