"""What is to hold of any reader of export files, whatever it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BufferedReader, BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.readers import reader_of
from tap_clevertap.files.profile_records import ProfileRecords
from tap_clevertap.files.rows import ROWS_AT_A_TIME, ReadOptions
from tap_clevertap.records.event_time import event_time
from tap_clevertap.records.exact_json import canonical_json, encode_json, exact_number
from verification.fuzz.reader import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.rows import EventRows

ZONE = ZoneInfo("America/Sao_Paulo")
COLUMNS = {"Zeit": "ts", "User": "profile.identity", "profile.o": "profile.objectId"}
LINE = re.compile(r"line (\d+)")
HEAD_BYTES = 1 << 20

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


@dataclass
class Read:
    """What a reader gave."""

    kind: str
    rows: list[tuple[int, Any]] = field(default_factory=list)
    """Number, and all of the row as decoded JSON."""
    bad: list[tuple[int, object, str]] = field(default_factory=list)
    refusal: str | None = None
    """Why the file is unread."""


class _Keep:
    """Keeps bad rows; or refuses the first."""

    def __init__(self, found: Read, *, skip: bool) -> None:
        self._found = found
        self._skip = skip

    def collect(self, number: int, sent: object, reason: str) -> None:
        if not self._skip:
            message = f"line {number}: a row {reason}"
            raise UnreadFileError(message)
        self._found.bad.append((number, sent, reason))


def read_file(file_format: str, content: bytes) -> Read | None:
    """Read a file in both ways; return what was read where bad rows are kept.

    - Nothing but `UnreadFileError` is raised, and its message has no line end.
    - Rows come in order, in parts that are not too long, and each can be encoded.
    - Both ways give the same rows, up to the first bad one.

    Raises:
        Wrong: Where one of these does not hold.
    """
    kept = _read(file_format, content, skip=True)
    if kept is None:
        return None
    refused = _read(file_format, content, skip=False)
    expect(refused is not None, "the kind is told once, and once not")
    if refused is None:
        return None
    if kept.bad:
        line = LINE.search(refused.refusal or "")
        expect(line and int(line[1]) == kept.bad[0][0], f"{kept.bad[0]} but {refused.refusal}")
    else:
        expect(refused == kept, f"the two ways differ: {refused} {kept}")
    for text in (kept.refusal, refused.refusal):
        expect(text is None or text.isprintable(), f"a message is not printable: {text!r}")
    return kept


def leaves_of(value: Any) -> Iterator[str]:
    """Yield the texts in a value, and the names of its members."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from leaves_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves_of(inner)
    else:
        yield str(value)


def _read(file_format: str, content: bytes, *, skip: bool) -> Read | None:
    reader = reader_of(file_format)
    file = BufferedReader(BytesIO(content), HEAD_BYTES)
    if not file.peek():
        return None
    try:
        kind = reader.kind_of(file, COLUMNS)
    except UnreadFileError:
        return None
    found = Read(kind)
    options = ReadOptions(ZONE, COLUMNS, _Keep(found, skip=skip))
    try:
        if kind == "events":
            for rows in reader.event_rows(file, options):
                found.rows += _events(rows)
        else:
            records = ProfileRecords(
                account_id="A", seen_through="2026-01-01", source_file="f", columns=COLUMNS
            )
            for some in reader.profile_rows(file, options):
                expect(0 < len(some) <= ROWS_AT_A_TIME, "a part is empty or too long")
                found.rows += zip([each for each, _ in some], records.records(some), strict=True)
    except UnreadFileError as fault:
        found.refusal = fault.message
    _check_rows(found)
    return found


def _events(rows: EventRows) -> Iterator[tuple[int, Any]]:
    expect(0 < len(rows.numbers) <= ROWS_AT_A_TIME, "a part is empty or too long")
    times = rows.times or [event_time(int(ts), ZONE)[:-6].encode() for ts in rows.stamps]
    for number, name, ts, user, props, session, time in zip(*rows[:6], times, strict=True):
        expect(name and isinstance(name, str), "a name is empty")
        expect(re.fullmatch(rb"[1-9][0-9]{13}", ts), f"{ts!r} is no time")
        expect(event_time(int(ts), ZONE).encode() == time + b"+00:00", f"{ts!r} is not {time!r}")
        expect(canonical_json(_decode(user[0])) == user[0], "no object id")
        hashed, fields = session
        expect(canonical_json(_decode(hashed)) == hashed, "a session is not canonical")
        others = _decode(b"{%b,%b}" % (user[1], fields))
        shown = _decode(props) if isinstance(props, msgspec.Raw) else props
        yield number, {"eventName": name, "stamp": ts.decode(), "eventProps": shown, **others}


def _check_rows(found: Read) -> None:
    numbers = [number for number, _ in found.rows]
    expect(all(one <= other for one, other in pairwise(numbers)), "rows are not in their order")
    for _, row in found.rows:
        _decode(encode_json(row))
    for number, _, reason in found.bad:
        expect(number > 0 and "\n" not in reason, f"no line or reason: {number} {reason!r}")
