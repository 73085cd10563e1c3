"""API answers into the tap: openings, pages, the schema and errors, up to the lines of output.

An input is a list of answers.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

from tap_clevertap.api.client import ExportClient
from tap_clevertap.api.outcomes import Outcome, Success
from tap_clevertap.config.event_names import schema_events
from tap_clevertap.errors import CleverTapError
from tap_clevertap.exports.export import EVENTS, PROFILES, Endpoint, Export, ExportOptions
from tap_clevertap.exports.windows import Window
from tap_clevertap.numbering.duplicates import DuplicateNumbering
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.encoder import EventEncoder
from tap_clevertap.records.events import EventStream, PageContext, event_records
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.lines import RECORD_ALONE
from tap_clevertap.records.profiles import profile_record
from tap_clevertap.records.rows import read_profiles
from verification.fuzz.answers import Answers, NoMoreAnswersError
from verification.fuzz.reader import BETWEEN, Reader, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, EVENT, ZONE = "TEST-000-0000", "Charged", "America/Sao_Paulo"
BAD = PageBadRows(EVENT, "a day", skip=False)
DAYS = Window(date(2026, 8, 1), date(2026, 8, 7))
OPENED = b'200\n{"status":"success","cursor":"ab%2Bc%3D%3D"}'
NEXT = b'200\n{"status":"success","next_cursor":"%b","records":%b}'
LAST = b'200\n{"status":"success","records":%b}'
ROWS = rb"""[{"profile":{"objectId":"__a1","platform":"Android","email":"a@b.c","phone":4915,\
"identity":"u1","all_identities":["u1",7],"name":null,"profileData":{"tier":"gold","n":1.50},\
"os_version":"13","make":"X","id":33,"df":{"0":68}},"ts":20260803140416,\
"event_props":{"Amount":9007199254740993,"Items":[{"Product":"Tea"}],"CT Source":"Mobile"},\
"session_props":{"utm_source":"x","session_source":"Direct"}},\
{"profile":{"objectId":"__a2"},"ts":20260215235959,"event_props":{},"session_props":null},\
{"ts":20260803140416,"profile":null,"event_props":{"v":"\ud83d\ude00"},"session_source":"S",\
"objectId":"o","identity":"i","profileData":{"a":1}},\
{"profile":{"objectId":"__a2"},"ts":20260215235959,"event_props":{},"session_props":{}}]""".replace(
    b"\\\n", b""
)
PEOPLE = rb"""[{"identity":"u1","objectId":"x","name":"Ada","email":"a@b.c","phone":4915,\
"all_identities":["u1"],"profileData":{"tier":"gold"},"events":{"Charged":{"count":1,\
"first_seen":1668817176,"last_seen":1668817176}},"platformInfo":[{"objectId":"b","platform":"iOS",\
"os_version":"13"},{"objectId":"a"}]},{"platformInfo":[{"objectId":"c"}]},{"profileData":{}}]""".replace(
    b"\\\n", b""
)
IN_PROGRESS = (
    b'200\n{"status":"fail","error":"Request still in progress, please retry later","code":2}'
)
FAILURES = (
    b'401\n{"status":"fail","error":"Invalid Credentials","code":401}',
    b'429 2\n{"status":"fail","error":"Too many concurrent requests","code":429}',
    b"503 Wed, 21 Oct 2026 07:28:00 GMT\n<html>",
    b'200\n{"status":"fail","error":"[\\"Invalid event : Uninstalled\\"]","code":400}',
    b'400\n{"status":"fail","error":"Export not allowed for this event","code":400}',
    b'200\n{"status":"fail","error":"Incorrect Usage","code":3}',
    b'200\n{"status":"fail","error":"CURSOR_INVALIDATED","code":4004}',
    b"200\n",
)
SCHEMA = (
    b"""200\n{"status":"success","events":[{"name":"Charged","status":"ACTIVE"},"App Launched"]}"""
)
SEEDS = [
    BETWEEN.join([OPENED, NEXT % (b"c2", ROWS), IN_PROGRESS, LAST % ROWS]),
    BETWEEN.join([IN_PROGRESS, OPENED, LAST % PEOPLE]),
    BETWEEN.join(
        [OPENED, NEXT % (b"c2", ROWS), NEXT % (b"c3", b"[]"), b'200\n{"status":"success"}']
    ),
    BETWEEN.join([OPENED, NEXT % (b"c2", ROWS), FAILURES[6], OPENED, LAST % ROWS]),
    BETWEEN.join([OPENED, *FAILURES[:3]]),
    *(BETWEEN.join([failure, OPENED, LAST % ROWS]) for failure in FAILURES[3:]),
    SCHEMA,
]

_decode = msgspec.json.Decoder(float_hook=str).decode
"""Takes numbers that no float holds."""


def client_of(content: bytes) -> ExportClient:
    """Return a client that is given the answers of an input."""
    client = ExportClient(
        url="http://localhost", account_id="a", passcode="p", request_timeout=1, max_in_flight=1
    )
    client._connections().session().mount("http://", Answers(content))
    return client


@dataclass
class Walked:
    """The pages of an export as they were accepted, and whether it ended."""

    pages: list[tuple[int, bytes, bytes]]
    """Walk, rows, and the whole body."""

    ended: bool = False


def walked(endpoint: Endpoint, content: bytes) -> Walked:
    """Read an export as the tap does, without its pauses."""
    client = client_of(content)
    options = ExportOptions(5000, 900, ZoneInfo(ZONE))
    export = Export(endpoint, EVENT, DAYS, options)
    found = Walked([])
    try:
        while not found.ended:
            walk, outcome = export.walk, export.send_request(client)
            page = export.handle(outcome, client)
            expect(0 <= export.pause <= 900, f"a pause of {export.pause} s")  # noqa: PLR2004 - RETRY_PATIENCE
            if isinstance(outcome, Success) and export.walk == walk:
                found.pages.append((walk, page.rows if page else b"", outcome.content))
            found.ended = page is not None and (page.ended or page.skipped is not None)
    except (NoMoreAnswersError, CleverTapError):
        pass
    return found


def read(content: bytes) -> None:
    """Read the answers as those of both streams, and as the project's schema.

    - Each row of an accepted page is emitted, of two walks each at least as often as in either.
    - What is emitted is JSON, and the same by the way of single records.

    Raises:
        Wrong: Where one of these does not hold.
    """
    _check_events(walked(EVENTS, content))
    _check_profiles(walked(PROFILES, content))
    _check_names(client_of(content).read_page("schema", ""))


def _check_events(found: Walked) -> None:
    try:
        lines = [*_fast(found)]
    except CleverTapError:
        lines = None
    try:
        slow = [*_slow(found)]
    except CleverTapError:
        slow = None
    expect((lines is None) == (slow is None), "one way takes what the other refuses")
    if lines is None or slow is None:
        return
    records = [*map(_decode, lines)]
    expect(records == [*map(_decode, slow)], f"the two ways differ: {lines} {slow}")
    expect(len({each["event_key"] for each in records}) == len(records), "a key comes twice")
    _check_counts(found, len(records))


def _check_names(outcome: Outcome) -> None:
    try:
        names = schema_events(outcome.content).names if isinstance(outcome, Success) else []
    except CleverTapError:
        return
    expect(all(isinstance(name, str) and name for name in names), "a name is not text")


def _check_counts(found: Walked, emitted: int) -> None:
    counts: Counter[int] = Counter()
    for walk, _, body in found.pages:
        rows = _rows_in(body)
        if rows is None:
            return
        counts[walk] += rows
    most = max(counts.values(), default=0)
    expect(most <= emitted <= sum(counts.values()), f"{counts} rows came, {emitted} were emitted")


def _rows_in(body: bytes) -> int | None:
    try:
        records = json.loads(body.decode(errors="replace"), parse_int=str).get("records")
    except (ValueError, RecursionError, AttributeError):
        return None
    return len(records or ())


def _fast(found: Walked) -> Iterator[bytes]:
    encoder = EventEncoder(account_id=ACCOUNT, zone=ZoneInfo(ZONE), envelope=lambda _: RECORD_ALONE)
    occurrences = DuplicateNumbering()
    for walk, rows, _ in found.pages:
        number = partial(occurrences.number, walk=walk)
        for lines in encoder.encode(rows, number, EventStream(EVENT), BAD) if rows else ():
            yield from lines.content.splitlines(keepends=True)


def _slow(found: Walked) -> Iterator[bytes]:
    occurrences, context = DuplicateNumbering(), PageContext(ACCOUNT, EVENT, ZoneInfo(ZONE), BAD)
    for walk, rows, _ in found.pages:
        number = partial(occurrences.number, walk=walk)
        for record in event_records(rows, number, context) if rows else ():
            yield encode_json(record)


def _check_profiles(found: Walked) -> None:
    for _, rows, body in found.pages:
        try:
            people = read_profiles(rows, BAD) if rows else []
        except CleverTapError:
            return
        count = _rows_in(body)
        expect(count is None or len(people) == count, f"{count} came, {len(people)} were read")
        for person in people:
            record = profile_record(person, account_id=ACCOUNT, seen_through="2026-08-07")
            message = RecordMessage(stream="profiles", record=record)
            _decode(bytes(MsgSpecWriter().format_message(message)))


READER = Reader("api_bodies", "parts", SEEDS, read)
