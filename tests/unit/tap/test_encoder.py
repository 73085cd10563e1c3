"""The fast path writes what the way by records gives, whatever a page holds."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.errors import CleverTapError
from tap_clevertap.numbering.duplicates import DuplicateNumbering
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records import encoder as encoder_module
from tap_clevertap.records.blocks import KnownBlocks
from tap_clevertap.records.encoder import EventEncoder
from tap_clevertap.records.event_time import hour_of
from tap_clevertap.records.events import (
    EventStream,
    PageContext,
    event_record,
    event_records,
    row_fingerprint,
)
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.keys import event_key, fingerprint_prefix
from tap_clevertap.records.lines import Envelope
from tap_clevertap.records.rows import read_rows
from tap_clevertap.typed.columns import TypedColumn as Column
from tap_clevertap.typed.columns import TypedColumns
from tap_clevertap.typed.kinds import PropertyKind as Kind

ACCOUNT, EVENT, ZONE = "TEST-000-0000", 'Café "100 %" \\', ZoneInfo("America/Sao_Paulo")
BAD = PageBadRows(EVENT, "a day", skip=False)
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(float)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)
TEXTS = st.none() | st.text(max_size=5)
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "objectId": TEXTS,
        "identity": TEXTS | NUMBERS,
        "all_identities": VALUES,
        "name": TEXTS,
        "email": TEXTS,
        "phone": TEXTS | NUMBERS,
        "platform": TEXTS,
        "profileData": OBJECTS | VALUES,
        "os_version": VALUES,
        "df": OBJECTS,
    },
)
MOMENTS = st.datetimes(min_value=datetime(1000, 1, 2)).map(  # noqa: DTZ001 - of the wall clock
    lambda moment: int(f"{moment:%Y%m%d%H%M%S}")
)
USUAL = {"ts": MOMENTS}
MORE = {
    "profile": st.none() | PROFILES,
    "event_props": st.none() | OBJECTS,
    "session_props": st.none() | OBJECTS | st.just({"session_source": "Direct"}),
}
ODD = {
    "event_props": VALUES,
    "session_props": VALUES,
    "session_source": VALUES,
    "objectId": TEXTS,
    "identity": VALUES,
    "profileData": VALUES,
}
ROWS = st.fixed_dictionaries(USUAL, optional=MORE) | st.fixed_dictionaries(
    USUAL, optional={**MORE, **ODD}
)
SPELLINGS = st.sampled_from(
    [{}, {"ensure_ascii": False}, {"indent": 1}, {"separators": (",", ":")}, {"sort_keys": True}]
)


def by_records(content, occurrences=None):
    occurrences = occurrences or DuplicateNumbering()
    prefix = fingerprint_prefix(ACCOUNT, EVENT)
    for row in read_rows(content, BAD):
        likeness = row_fingerprint(prefix, row)
        (ordinal,) = occurrences.number([likeness], [hour_of(row.ts)], walk=0)
        key = event_key(likeness, ordinal)
        record = event_record(row, key=key, event_name=EVENT, ordinal=ordinal, zone=ZONE)
        yield json.loads(encode_json(record), parse_float=Decimal)


def encoder(**options):
    envelope = Envelope(b'{"record":', b"}\n")
    return EventEncoder(account_id=ACCOUNT, zone=ZONE, envelope=lambda _: envelope, **options)


def written(content, lines=None, occurrences=None, columns=None):
    occurrences = occurrences or DuplicateNumbering()
    lines = lines or encoder()
    number = partial(occurrences.number, walk=0)
    for some in lines.encode(content, number, EventStream(EVENT, columns=columns), BAD):
        assert len(some) == some.content.count(b"\n") > 0
        for line in some.content.splitlines():
            yield json.loads(line, parse_float=Decimal)["record"]


@given(rows=st.lists(ROWS, max_size=6), spelling=SPELLINGS, twins=st.booleans())
def test_both_ways_give_the_same_records(rows, spelling, twins):
    content = json.dumps(rows * 2 if twins else rows, **spelling).encode("utf-8", "surrogatepass")
    first, second = DuplicateNumbering(), DuplicateNumbering()
    assert list(written(content, occurrences=first)) == list(by_records(content, second))
    assert first.days() == second.days()


def test_rows_that_are_left_out_take_nothing_from_their_neighbours():
    row = '{"ts":20260831120000,"profile":{"objectId":"%d"},"event_props":{"text":"%d"}}'
    rows = [json.loads(row % (number, number)) for number in (1, 1, 2, 1, 3, 3)]
    content = json.dumps(rows).encode()
    merging = DuplicateNumbering(merge=True)
    records = [*written(content, occurrences=merging, columns=typed_columns())]
    whole = [*written(content, columns=typed_columns())]
    assert records == [whole[0], whole[2], whole[4]]
    assert [each["object_id"] for each in records] == ["1", "2", "3"]
    assert [each["column_text"] for each in records] == ["1", "2", "3"]
    assert not [*written(content, occurrences=merging)]


PROPERTIES = {
    kind.value: VALUES | st.integers(-(2**63), 2**64 - 1) | st.sampled_from(["$D_5", "$D_x"])
    for kind in Kind
}


def typed_columns():
    return TypedColumns([Column(f"column_{kind.value}", kind.value, kind) for kind in Kind])


@given(
    blocks=st.lists(st.none() | st.fixed_dictionaries({}, optional=PROPERTIES), max_size=4),
    more=st.lists(ROWS, max_size=1),
)
def test_both_ways_give_the_same_typed_columns(blocks, more):
    rows = [{"ts": 20260831120000, "event_props": props} for props in blocks]
    content = json.dumps(rows + more).encode("utf-8", "surrogatepass")
    fast, slow = typed_columns(), typed_columns()
    number = partial(DuplicateNumbering().number, walk=0)
    page = PageContext(ACCOUNT, EVENT, ZONE, BAD, slow)
    records = [
        json.loads(encode_json(record), parse_float=Decimal)
        for record in event_records(content, number, page)
    ]
    assert list(written(content, columns=fast)) == records
    assert (fast.misfits, fast.undeclared) == (slow.misfits, slow.undeclared)
    plain = [{k: v for k, v in each.items() if not k.startswith("column_")} for each in records]
    assert list(written(content)) == plain


@given(
    rows=st.lists(st.sampled_from(["a", "b"]) | st.text(max_size=1), max_size=20),
    cuts=st.lists(st.integers(0, 20), max_size=5),
)
def test_identical_rows_are_numbered_alike_however_they_are_split_into_pages(rows, cuts):
    rows = [{"ts": 20260831120000, "event_props": {"kind": kind}} for kind in rows]
    ends = [0, *sorted(cuts), len(rows)]
    pages = [json.dumps(rows[first:end]).encode() for first, end in pairwise(ends)]
    occurrences, lines = DuplicateNumbering(), encoder()
    split = [record for page in pages for record in written(page, lines, occurrences)]
    assert split == list(written(json.dumps(rows).encode()))


USUAL_PAGE = b"""[{"ts":20260831120000,"profile":{"objectId":"a","os_version":"14"}},
 {"profile":{"os_version":"14","objectId":"a"},"ts":20260831120000,"event_props":{"b":1.50,"a":[{}]}}]"""


def test_a_usual_page_is_not_read_row_by_row(monkeypatch):
    monkeypatch.setattr(encoder_module, "event_records", None)
    assert len(list(written(USUAL_PAGE))) == 2


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'"ts":"20260831120000"', id="ts is text"),
        pytest.param(b'"ts":20260831120000,"event_props":[1]', id="properties are a list"),
        pytest.param(b'"ts":20260831120000,"objectId":"x"', id="object id outside the profile"),
        pytest.param(b'"ts":20260831120000,"profile":{"name":"\\ud83d"}', id="half an emoji"),
        pytest.param(b'"ts":20260831120000,"profile":{"name":"\xff"}', id="no UTF-8"),
        pytest.param(b'"ts":20260831120000,"event_props":{"n":NaN}', id="NaN"),
    ],
)
def test_an_odd_row_is_written_as_by_records(odd):
    content = b"[{" + odd + b"},{" + odd + b"}]"
    assert list(written(content)) == list(by_records(content))


def test_many_users_are_distinguished(monkeypatch):
    monkeypatch.setattr(encoder_module, "USER_BYTES", 2000)
    row = '{"ts":20260831120000,"profile":{"objectId":"%d"}}'
    content = f"[{','.join(row % (number % 5) for number in range(50))}]".encode()
    lines = encoder()
    assert list(written(content, lines)) == list(by_records(content))
    assert list(written(content, lines)) == list(by_records(content))


def test_known_blocks_keep_to_their_bytes_and_forget_the_oldest():
    encoded = []

    def encode(sent):
        encoded.append(sent)
        return sent[:4], sent * 2

    known = KnownBlocks(encode, 20_000)
    blocks = [b"%04d" % number + bytes(number % 300) for number in range(1000)]
    for block in blocks:
        assert known[block] == known[block] == (block[:4], block * 2)
        assert sum(len(each) * 3 + 4 for each in known) < 20_000
    assert encoded == blocks
    assert list(known) == blocks[-len(known) :]
    assert known[bytes(30_000)] == (bytes(4), bytes(60_000))
    assert not known


@pytest.mark.parametrize("size", [1, 3, 500])
def test_rows_taken_several_at_a_time_keep_their_order_next_to_an_uncommon_one(size):
    row = '{"ts":20260831120000,"event_props":{"n":%d},"profile":%s}'
    rows = [row % (number % 4, "null") for number in range(9)]
    rows[5] = rows[5].replace('"profile":null', '"session_props":[]')
    content = f"[{','.join(rows)}]".encode()
    assert list(written(content, encoder(rows_at_a_time=size))) == list(by_records(content))


def test_a_ts_that_is_no_moment_stops_the_run():
    with pytest.raises(CleverTapError, match="ts"):
        list(written(b'[{"ts":20261301000000}]'))


def test_a_number_that_no_decimal_holds_is_kept_as_text():
    content = b'[{"ts":20260831120000,"event_props":{"x":1e99999999999999999999,"y":1.50}}]'
    number = partial(DuplicateNumbering().number, walk=0)
    (lines,) = encoder().encode(content, number, EventStream(EVENT), BAD)
    assert b'"event_props":{"x":"1e99999999999999999999","y":1.50}' in lines.content
