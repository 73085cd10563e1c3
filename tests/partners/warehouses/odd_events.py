"""Events with values that libraries like to change, as export files of three formats."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

ZONE = "Asia/Kolkata"


class Event(NamedTuple):
    """What a file has of an event."""

    name: str
    ts: int
    object_id: str
    identity: str | None
    props: dict[str, Any]


EVENTS = [
    Event("Charged", 20261101004131, "__g1", "007", {"zip": "007", "phone": "+919000000001"}),
    Event("Charged", 20261101004132, "__g2", None, {"zip": 7, "flag": True, "when": "2022-02-12"}),
    Event("Charged", 20261101004133, "__g3", "u3", {"id": 2**53 + 1, "Amount": 1.5, "amount": 2}),
    Event("Charged", 20261101004134, "__g3", "u3", {"amount": 3, "Amount": 2.75, "zip": " 1 "}),
    Event("Charged", 20261101235959, "__g4", "u,4", {"flag": 7, "note": 'a "b", c\nd\\te'}),
    Event("42", 20261101000000, "__g5", "NULL", {"id": "0x10", "word": "Infinity", "n": "\\N"}),
    Event('Say "x"', 20261102120000, "__g6", None, {"id": "ABCDEF12-3456-7890-ABCD-EF1234567890"}),
    Event("Grüße 🎁", 20261102120001, "__g7", "é", {"emoji": "🎁", "late": "00:00:59.5"}),
    Event("Empty", 20261102120002, "__g8", None, {}),
]

EXACT_IN_JSON = [
    Event("Wide", 20261103000000, "__g9", None, {"wide": 10**29 + 1, "list": [1, "1", {"a": 0.1}]}),
    Event("Wide", 20261103000001, "__g9", None, {"nested": {"a": {"b": None}}, "none": None}),
]
"""What has no place in CSV and Parquet."""


def by_name(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Group events as files do: one file has one event."""
    found: dict[str, list[Event]] = {}
    for each in events:
        found.setdefault(each.name, []).append(each)
    return found


def json_line(event: Event) -> str:
    """Return the line of an event."""
    profile = {"objectId": event.object_id, "platform": "Android"}
    if event.identity is not None:
        profile["identity"] = event.identity
    row = {"ts": event.ts, "eventName": event.name, "profile": profile, "eventProps": event.props}
    return json.dumps(row, ensure_ascii=event.ts % 2 == 0)


def write_json(folder: Path, events: Iterable[Event]) -> None:
    """Write files whose first line is the bare name of the event."""
    for number, (name, some) in enumerate(by_name(events).items()):
        lines = "".join(f"{line}\n" for line in (name, *map(json_line, some)))
        _write_packed(folder / f"1-1761651721-{number}-20261101-0-0.json.gz", lines)


def write_csv(folder: Path, events: Sequence[Event]) -> None:
    """Write files with the columns that their rows need."""
    for number, (_, some) in enumerate(by_name(events).items()):
        names = [*dict.fromkeys(name for each in some for name in each.props)]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        fixed = ["ts", "eventName", "profile.identity", "profile.objectId"]
        writer.writerow([*fixed, *(f"eventProps.{name}" for name in names)])
        for each in some:
            cells = [as_cell(each.props.get(name)) for name in names]
            writer.writerow([each.ts, each.name, each.identity or "", each.object_id, *cells])
        _write_packed(folder / f"1-1761651721-{number}-20261101-0-0.csv.gz", text.getvalue())


def as_cell(value: object) -> str:
    """Return a value as CSV has it; an absent one is empty."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


MEMBERS = {
    "member0": (bool, pa.bool_()),
    "member2": (int, pa.int64()),
    "member3": (float, pa.float32()),
    "member5": (str, pa.string()),
}


def write_parquet(folder: Path, events: Iterable[Event]) -> None:
    """Write files whose structs have only the members that they need."""
    for number, (name, some) in enumerate(by_name(events).items()):
        kinds = {type(value) for each in some for value in each.props.values()}
        members = {
            member: type_
            for member, (kind, type_) in MEMBERS.items()
            if kind in kinds or member == "member5"
        }
        values = pa.map_(pa.string(), pa.struct(list(members.items())))
        texts = pa.map_(pa.string(), pa.string())
        rows = [
            {
                "eventName": each.name,
                "eventTime": str(_epoch(each.ts)),
                "identity": [("clevertapId", each.object_id), *_identity(each)],
                "eventProps": [(key, _member(value)) for key, value in each.props.items()],
            }
            for each in some
        ]
        columns = {"eventName": pa.string(), "eventTime": pa.string(), "identity": texts}
        schema = pa.schema([*columns.items(), ("eventProps", values)])
        inside = folder / f"eventName=Other{number}"  # the folder is not the event
        inside.mkdir()
        table = pa.Table.from_pylist(rows, schema=schema)
        pq.write_table(table, inside / f"{name[:1]}.parquet.gz", compression="gzip")


def _member(value: object) -> dict[str, object]:
    (member,) = (each for each, (kind, _) in MEMBERS.items() if type(value) is kind)
    return {member: value}


def _identity(event: Event) -> list[tuple[str, str]]:
    return [] if event.identity is None else [("identity", event.identity)]


def _epoch(ts: int) -> int:
    wall = datetime.strptime(str(ts), "%Y%m%d%H%M%S").replace(tzinfo=ZoneInfo(ZONE))
    return int(wall.timestamp())


def _write_packed(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def decoded(text: str | None) -> dict[str, Any]:
    """Return JSON with decimals as they are written."""
    found: dict[str, Any] = json.loads(text or "{}", parse_float=Decimal)
    return found
