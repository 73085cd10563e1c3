"""Export files in JSON: the keys of their rows are those of the API's."""

from __future__ import annotations

import json
from contextlib import suppress
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.files.bad_rows import IgnoredRows
from tap_clevertap.files.encoder import FileEncoder
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats import json_lines
from tap_clevertap.files.rows import ReadOptions
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.events import PageContext, event_records
from tap_clevertap.records.exact_json import (
    canonical_json,
    encode_json,
    exact_number,
    repair_json,
)
from tap_clevertap.records.lines import RECORD_ALONE
from verification.fuzz.export_files import HEAD_BYTES, ZONE, read_file
from verification.fuzz.reader import Reader, expect

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNT = "A"
BAD = PageBadRows("x", "a day", skip=True)
ALIKE = ("profile", "objectId", "identity", "profileData", "session_source")
SPELLINGS = {
    "event_props": ("eventProps", "event_props"),
    "session_props": ("sessionProps", "session_props"),
}
FIELDS = (
    *("event_key", "event_time", "ts", "event_props", "session_props", "session_source"),
    *("object_id", "identity", "all_identities", "name", "email", "phone", "profile_data"),
)
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=exact_number).decode
EVENT = (
    rb'{"ts":20260803140416,"eventName":"Charged","profile":{"identity":"u1","objectId":"__a",'
    rb'"all_identities":["u1",7],"platform":"Android","name":null},"deviceInfo":{"make":"X",'
    rb'"dpi":480,"dimensions":{"width":67,"unit":"mm"}},"controlGroupName":"CG",'
    rb'"eventProps":{"Amount":9007199254740993,"x":1.50,"Items":[{"n":1}],"CT Source":"Mobile"},'
    rb'"sessionProps":{"utm_source":"x"}}'
)
OTHER = (
    rb'{"ts":20260215235959,"eventName":"Charged","profile":{"objectId":"__b"},'
    rb'"eventProps":{},"session_props":{"session_source":"Direct"},"x":"\ud83d"}'
)
PROFILE = (
    rb'{"identity":"u1","all_identities":"[u1, a@b.c]","clevertapId":"a","clevertapIds":["a","b"],'
    rb'"subscriptionGroups":{"News":true},"MSG-push":true,"Email":"a@b.c","Score":1.50,"n":null}'
)
SEEDS = [
    b"Charged\n%b\n%b\n" % (EVENT, OTHER),
    b"\xef\xbb\xbfCharged\r\n%b\r\n\r\n%b" % (OTHER, EVENT),
    b"%b\n%b\n[1]\n{}\n%b\n" % (EVENT, OTHER, EVENT),
    b'"Caf\xc3\xa9"\n%b\n' % OTHER.replace(b'"eventName":"Charged",', b""),
    b"%b\n%b\n" % (PROFILE, PROFILE.replace(b'"identity":"u1",', b"")),
    b'42\n{"Zeit":20260803140416,"User":"u","profile":{"o":"x"},"eventProps":{"a":1}}\n',
]


def read(content: bytes) -> None:
    """Read a file.

    - The record of each row has the key and the values of the API's, for equal values.

    Raises:
        Wrong: Where this does not hold.
    """
    read_file("json", content)
    found = _events(content)
    lines = content.split(b"\n")
    for number, record in found.items():
        expected = _as_from_api(lines[number - 1].strip(), record)
        if expected is not None:
            shown = {name: record[name] for name in expected}
            expect(shown == expected, f"line {number}: {shown} is not {expected}")


def _events(content: bytes) -> dict[int, dict[str, Any]]:
    """Return the records of the rows of a file, by their lines."""
    file = BufferedReader(BytesIO(content), HEAD_BYTES)
    encoder = FileEncoder(account_id=ACCOUNT, zone=ZONE, envelope=lambda _: RECORD_ALONE)
    found: dict[int, dict[str, Any]] = {}
    with suppress(UnreadFileError):
        if not file.peek() or json_lines.kind_of(file, {}) != "events":
            return {}
        for rows in json_lines.event_rows(file, ReadOptions(ZONE, {}, IgnoredRows())):
            written = encoder.encode(rows, _zeros, "f").content
            records = map(_decode, written.splitlines())
            found.update(zip(rows.numbers, records, strict=True))
    return found


def _as_from_api(line: bytes, record: dict[str, Any]) -> dict[str, Any] | None:
    """Return the fields that the API's row has, or None where there is no such row."""
    sent = json.loads(repair_json(line), parse_float=exact_number)
    if any(len(sent.keys() & set(names)) > 1 for names in SPELLINGS.values()):
        return None
    row = {name: sent[name] for name in ALIKE if name in sent} | {"ts": record["ts"]}
    row |= {new: sent[old] for new, names in SPELLINGS.items() for old in names if old in sent}
    context = PageContext(ACCOUNT, record["event_name"], ZONE, BAD)
    page = canonical_json([row])
    for expected in event_records(page, _zeros, context):
        kept = {name: expected[name] for name in FIELDS}
        return _decode(encode_json(kept))
    return None


def _zeros(fingerprints: Sequence[bytes], _: Sequence[int]) -> list[int | None]:
    return [0] * len(fingerprints)


READER = Reader("files_json", "lines", SEEDS, read)
