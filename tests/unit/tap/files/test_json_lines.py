"""JSON files of events: the records and keys of the API for the same rows, whatever they hold."""

import json
from datetime import datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.files.encoder import FileEncoder
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats import json_events, json_lines
from tap_clevertap.files.formats.json_memory import JsonMemory
from tap_clevertap.files.formats.json_users import KnownUsers
from tap_clevertap.files.rows import ReadOptions
from tap_clevertap.numbering.duplicates import DuplicateNumbering
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.events import PageContext, event_records
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.lines import Envelope
from tests.support.files.reading import KeptRows, kind_in, profiles_in

ACCOUNT, EVENT, ZONE = "TEST-000-0000", 'Café "100 %" \\', ZoneInfo("America/Sao_Paulo")
KEY = "2026-10-03/ä b.json.gz"
TS = 20260831120000

NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(float)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)
SAME_NAMES = st.fixed_dictionaries({}, optional=dict.fromkeys(["b", "a", "", "ä", "A b"], VALUES))
TEXTS = st.none() | st.text(max_size=5)
USERS = {
    "objectId": TEXTS,
    "identity": TEXTS,
    "all_identities": st.none() | st.lists(TEXTS, max_size=3),
    "name": TEXTS,
    "email": TEXTS,
    "phone": TEXTS | NUMBERS,
    "platform": TEXTS,
    "push_token": TEXTS,
}
ODD_USERS = dict.fromkeys(
    [*USERS, "profileData", "os_version", "events", "id", "deviceInfo"], VALUES
)
DEVICES = dict.fromkeys(["make", "model", "appVersion", "dpi", "dimensions"], VALUES)
MOMENTS = st.datetimes(min_value=datetime(1000, 1, 2)).map(  # noqa: DTZ001 - of the wall clock
    lambda moment: int(f"{moment:%Y%m%d%H%M%S}".zfill(14))
)
ROWS = st.fixed_dictionaries(
    {"ts": MOMENTS},
    optional={
        "profile": st.none() | st.fixed_dictionaries({}, optional=USERS),
        "deviceInfo": st.none() | st.fixed_dictionaries({}, optional=DEVICES),
        "controlGroupName": TEXTS,
        "eventName": st.just(EVENT),
        "eventProps": st.none() | SAME_NAMES | OBJECTS,
        "sessionProps": st.none() | OBJECTS | st.just({"session_source": "Direct"}),
    },
)
ODD_ROWS = st.fixed_dictionaries(
    {"ts": MOMENTS},
    optional={
        "profile": st.none() | st.fixed_dictionaries({}, optional=ODD_USERS),
        "event_props": VALUES,
        "session_props": VALUES,
        "session_source": VALUES,
        "objectId": TEXTS,
        "identity": VALUES,
        "profileData": VALUES,
    },
)
SPELLINGS = st.sampled_from([{}, {"ensure_ascii": False}, {"separators": (",", ":")}])


def lines_of(rows, **spelling):
    return [json.dumps(row, **spelling).encode("utf-8", "surrogatepass") for row in rows]


def file_of(lines, name=EVENT):
    return b"\n".join([name.encode(), *lines, b""])


def by_file(content, skipped=None, memory=None, *, is_packed=False):
    """Yield the records of a file."""
    for line in lines_by_file(content, skipped, memory, is_packed=is_packed):
        yield json.loads(line, parse_float=Decimal)


def lines_by_file(content, skipped=None, memory=None, *, is_packed=False):
    """Yield the lines of the records of a file."""
    bad_rows = skipped or KeptRows(skip=False)
    options = ReadOptions(ZONE, {}, bad_rows, is_packed=is_packed, json=memory)
    encoder = FileEncoder(account_id=ACCOUNT, zone=ZONE, envelope=lambda _: Envelope(b"", b"\n"))
    number = partial(DuplicateNumbering().number, walk=0)
    for rows in json_lines.event_rows(BytesIO(content), options):
        assert len({*map(len, rows)}) == 1
        lines = encoder.encode(rows, number, KEY)
        assert len(lines) == lines.content.count(b"\n") == len(rows.numbers)
        yield from lines.content.splitlines()


def by_api(rows, name=EVENT):
    """Return the records of a page with the rows as the API has them."""
    page = b"[%b]" % b",".join(lines_of(map(as_of_api, rows)))
    context = PageContext(ACCOUNT, name, ZONE, PageBadRows(name, "a day", skip=False))
    for record in event_records(page, partial(DuplicateNumbering().number, walk=0), context):
        decoded = json.loads(encode_json(record), parse_float=Decimal)
        yield {**decoded, "source_file": KEY}


def as_of_api(row):
    """Return a row of a file with the names of the API, its device in the profile block."""
    device, group = row.get("deviceInfo"), row.get("controlGroupName")
    joined = {**(device or {}), **({} if group is None else {"controlGroupName": group})}
    profile = {**(row.get("profile") or {}), **joined}
    renamed = {"eventProps": "event_props", "sessionProps": "session_props"}
    moved = {"profile", "deviceInfo", "controlGroupName", "eventName"}
    others = {renamed.get(name, name): each for name, each in row.items() if name not in moved}
    return {**others, "profile": profile}


@given(rows=st.lists(ROWS, max_size=6), spelling=SPELLINGS, twins=st.booleans())
def test_files_give_the_records_of_the_api(rows, spelling, twins):
    rows = rows * 2 if twins else rows
    content = file_of(lines_of(rows, **spelling))
    assert list(by_file(content)) == list(by_api(rows))


@given(rows=st.lists(ROWS | ODD_ROWS, max_size=6), spelling=SPELLINGS)
def test_odd_rows_give_the_records_of_the_api(rows, spelling):
    content = file_of(lines_of(rows, **spelling))
    assert list(by_file(content)) == list(by_api(rows))


@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_usual_rows_are_not_read_one_by_one(rows):
    rows = [{name: each for name, each in row.items() if name != "phone"} for row in rows]
    content = file_of(lines_of(rows))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_events.EventBlocks, "_one_by_one", None)
        assert list(by_file(content)) == list(by_api(rows))


@given(
    users=st.lists(st.integers(0, 8), min_size=1, max_size=60),
    most_bytes=st.sampled_from([0, 2_000, 10_000]),
)
def test_users_that_are_forgotten_and_found_again_are_not_mixed_up(users, most_bytes):
    rows = [
        {
            "ts": TS + number % 60,
            "profile": {"objectId": f"o{user}", "name": "Ada"},
            "deviceInfo": {"make": user},
            **({"controlGroupName": f"g{number % 2}"} if user == 1 else {}),
            **({"other": number % 2} if user == 2 and number > 30 else {}),
        }
        for number, user in enumerate(users)
    ]
    of_api = [
        {
            **row,
            "profile": {**row["profile"], **({"other": row["other"]} if "other" in row else {})},
        }
        for row in rows
    ]
    memory = JsonMemory()
    memory.users = KnownUsers(most_bytes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tap_clevertap.files.formats.line_blocks.BLOCK_BYTES", 400)
        patched.setattr("tap_clevertap.files.formats.json_users.UNASKED", 2)
        for _ in range(2):
            assert list(by_file(file_of(lines_of(rows)), memory=memory)) == list(by_api(of_api))


ROW = b'{"ts":20260831120000,"profile":{"objectId":"a"},"eventProps":{"n":1}}'


def names_and_numbers(content, **options):
    rows = json_lines.event_rows(BytesIO(content), ReadOptions(ZONE, {}, KeptRows(**options)))
    return [each for part in rows for each in zip(part.names, part.numbers, strict=True)]


@pytest.mark.parametrize(
    "name",
    [
        "Charged",
        "42",
        "true",
        "null",
        '"x"',
        "[1]",
        "{}",
        '{"a":1}',
        "{weird",
        "é",
        " a,b<c> ",
        "-",
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\n \r\n"], ids=repr)
def test_the_first_line_is_the_name_of_the_event(name, end):
    content = end.join([name.encode(), ROW, ROW, b""])
    second = 2 + end.count(b"\n") - 1
    third = second + end.count(b"\n")
    assert kind_in("json", content) == "events"
    assert names_and_numbers(content) == [(name, second), (name, third)]
    assert names_and_numbers(content.removesuffix(end)) == names_and_numbers(content)
    assert names_and_numbers(b"\xef\xbb\xbf" + content) == names_and_numbers(content)


def test_the_name_in_a_row_wins_over_that_of_the_first_line():
    named = ROW.replace(b"{", b'{"eventName":"Other",', 1)
    odd = ROW.replace(b"{", b'{"eventName":42,', 1)
    empty = ROW.replace(b"{", b'{"eventName":"",', 1)
    content = b"\n".join([b"Charged", named, ROW, odd, empty])
    found = [name for name, _ in names_and_numbers(content)]
    assert found == ["Other", "Charged", "42", "Charged"]
    assert names_and_numbers(named + b"\n" + named) == [("Other", 1), ("Other", 2)]


@pytest.mark.parametrize("content", [b"Charged", b"Charged\n", b"Charged\r\n\r\n", b'{"a":1}\n'])
def test_a_file_with_a_name_alone_has_no_rows(content):
    assert names_and_numbers(content, skip=content.startswith(b"{")) == []


BAD_ROWS = [
    pytest.param(b"42", "is not an object", id="number"),
    pytest.param(b'["ts"]', "is not an object", id="list"),
    pytest.param(b'{"ts":20260831120000,"profile"', "is not JSON", id="broken"),
    pytest.param(b'{"ts":20260831120000,"profile":[]}', "profile is not", id="profile"),
    pytest.param(b'{"profile":{}}', "has no `ts`", id="without ts"),
    pytest.param(b'{"ts":20261301000000}', "not a time", id="month 13"),
    pytest.param(b'{"ts":20260831120061}', "not a time", id="second 61"),
    pytest.param(b'{"ts":9990831120000}', "not a time", id="13 digits"),
    pytest.param(b'{"ts":1e99999}', "not a time", id="huge exponent"),
    pytest.param(b'{"ts":true}', "not a time", id="boolean"),
    pytest.param(b'{"ts":"yesterday"}', "not a time", id="text"),
    pytest.param(
        b'{"ts":20260831120000,"eventProps":{"a":1},"event_props":{"a":2}}',
        "`event_props`",
        id="both",
    ),
    pytest.param(b"\0" * 9, "is not JSON", id="zeros"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS)
def test_a_bad_row_is_named_by_its_line(row, reason):
    content = b"\n".join([b"Charged", ROW, b"", row, ROW, b""])
    kept = KeptRows()
    assert len(list(by_file(content, kept))) == 2
    ((number, sent, why),) = kept.rows
    assert (number, sent) == (4, row)
    assert reason in why
    with pytest.raises(UnreadFileError, match="line 4"):
        list(by_file(content))


def test_a_row_without_any_name_is_bad():
    kept = KeptRows()
    assert list(by_file(ROW + b"\n" + ROW, kept)) == []
    assert [(number, why) for number, _, why in kept.rows] == [
        (1, "has no `eventName`, and the first line is no name"),
        (2, "has no `eventName`, and the first line is no name"),
    ]


@pytest.mark.parametrize("cut", [1, 9, 30, len(ROW) - 1])
def test_a_cut_last_line_makes_the_file_unread(cut):
    content = b"\n".join([b"Charged", ROW, ROW[:-cut]])
    kept = KeptRows()
    with pytest.raises(UnreadFileError, match="is cut: line 3"):
        list(by_file(content, kept))
    assert not kept.rows
    assert len(list(by_file(content, kept, is_packed=True))) == 1
    assert kept.rows == [(3, ROW[:-cut], "is not JSON")]


@pytest.mark.parametrize("depth", [10, 500, *range(900, 1010, 10), 100_000])
def test_deeply_nested_rows_are_kept_or_named(depth):
    nested = b"[" * depth + b"1" + b"]" * depth
    row = b'{"ts":20260831120000,"eventProps":{"n":%b},"profile":{"x":%b}}' % (nested, nested)
    kept = KeptRows()
    lines = list(lines_by_file(b"\n".join([b"Charged", ROW, row, ROW, b""]), kept))
    assert len(lines) + len(kept.rows) == 3
    assert len(lines) == 3 or [(each[0], each[2]) for each in kept.rows] == [(3, "is not JSON")]
    assert len(lines) == 2 or nested in lines[1]


def test_a_line_without_an_end_is_not_read_into_memory():
    class Endless(BytesIO):
        given = 0

        def read(self, size):
            self.given += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(UnreadFileError, match="line 1"):
        list(json_lines.event_rows(endless, ReadOptions(ZONE, {}, KeptRows())))
    assert endless.given < 20_000_000


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        (b'{"n":9007199254740993}', b'{"n":9007199254740993}'),
        (b'{"n":%b}' % (b"7" * 400), b'{"n":%b}' % (b"7" * 400)),
        (b'{"n":%b}' % (b"7" * 5000), b'{"n":"%b"}' % (b"7" * 5000)),
        (b'{"n":1.10,"m":-0.0}', b'{"m":-0.0,"n":1.10}'),
        (b'{"n":1e400}', b'{"n":1E+400}'),
        (b'{"n":1e99999999999999999999}', b'{"n":"1e99999999999999999999"}'),
        (b'{"n":NaN,"m":-Infinity}', b'{"m":"-Infinity","n":"NaN"}'),
        (b'{"n":1,"n":2}', b'{"n":2}'),
        (b'{"Amount":1,"amount":2}', b'{"Amount":1,"amount":2}'),
        (b'{"n":"\\ud83d!"}', '{"n":"\ufffd!"}'.encode()),
        (b'{"n":"\xff!"}', '{"n":"\ufffd!"}'.encode()),
        (b'{"n":"\\u00e9\\/"}', '{"n":"é/"}'.encode()),
        (b"[1,2]", b'{"value":[1,2]}'),
        (b'"text"', b'{"value":"text"}'),
        (b"{}", b"{}"),
        (b"null", b"null"),
    ],
    ids=lambda text: text.decode(errors="replace")[:30],
)
def test_values_are_kept_exactly(sent, written):
    content = b'Charged\n{"ts":20260831120000,"eventProps":%b}\n' % sent
    options = ReadOptions(ZONE, {}, KeptRows(skip=False))
    (rows,) = json_lines.event_rows(BytesIO(content), options)
    encoder = FileEncoder(account_id=ACCOUNT, zone=ZONE, envelope=lambda _: Envelope(b"", b"\n"))
    lines = encoder.encode(rows, lambda fingerprints, _: [0 for _ in fingerprints], KEY)
    assert b'"event_props":%b,"session_props"' % written in lines.content


@pytest.mark.parametrize("ts", [b'"20260831120000"', b"20260831120000.0", b"2.0260831120000e13"])
def test_a_time_that_is_text_or_a_decimal_is_the_same_time(ts):
    usual, odd = (
        list(by_file(b'Charged\n{"ts":%b,"eventProps":{"a":1}}' % each))
        for each in (b"20260831120000", ts)
    )
    assert usual == odd


def test_many_names_of_properties_are_all_kept():
    rows = [{"ts": TS, "eventProps": {f"name {n}": n, f"other {-n}": 1}} for n in range(100)]
    assert list(by_file(file_of(lines_of(rows)))) == list(by_api(rows))


def test_names_that_are_first_seen_in_a_later_block_are_kept(monkeypatch):
    monkeypatch.setattr("tap_clevertap.files.formats.line_blocks.BLOCK_BYTES", 200)
    rows = [
        {
            "ts": TS + n // 3,
            "profile": {"objectId": "a", f"u{n // 5}": n, "phone": [n, "7"][n % 2]},
            "deviceInfo": {f"d{n // 7}": n, **({"u3": 1} if n > 40 else {})},
            "eventProps": [{"a": n, f"p{n // 4}": n}, n][n % 9 == 8],
            f"top{n // 20}": n,
        }
        for n in range(60)
    ]
    of_api = [
        {**row, "profile": {**row["profile"], f"top{n // 20}": n}} for n, row in enumerate(rows)
    ]
    assert list(by_file(file_of(lines_of(rows)))) == list(by_api(of_api))


def test_a_member_of_the_device_does_not_hide_one_of_the_user():
    row = {
        "ts": TS,
        "profile": {"name": "Ada", "make": "user's", "model": "M"},
        "deviceInfo": {"name": "phone", "make": "X", "model": "M", "platform": "iOS"},
    }
    (record,) = by_file(file_of(lines_of([row])))
    assert (record["name"], record["platform"]) == ("Ada", "iOS")
    assert record["app"] == {
        "make": "user's",
        "model": "M",
        "deviceInfo": {"name": "phone", "make": "X"},
    }


def test_a_mapping_of_columns_moves_members():
    row = {"when": TS, "user": {"id": "a"}, "Amount": 1, "eventProps": {"b": 2}}
    columns = {"when": "ts", "user": "profile", "user.id": "profile.objectId"}
    options = ReadOptions(ZONE, columns, KeptRows(skip=False))
    (rows,) = json_lines.event_rows(BytesIO(file_of(lines_of([row]))), options)
    assert rows.names == [EVENT]
    assert rows.users[0][0] == b'"a"'
    assert rows.props == [{"b": 2}]
    assert b'"app":{"Amount":1}' in rows.users[0][1]


PROFILE = b'{"identity":"u1","all_identities":"[u1, a@b.c]","ts":1,"Score":1.10}'


def test_profiles_are_told_from_events_and_read_as_they_are():
    content = b"\r\n".join([PROFILE, b"", b'{"Name":"\\ud83d","n":1e400}', b"7", b'{"n":NaN}'])
    kept = KeptRows()
    assert kind_in("json", content) == "profiles"
    assert profiles_in("json", content, bad_rows=kept) == [
        (1, {"identity": "u1", "all_identities": "[u1, a@b.c]", "ts": 1, "Score": Decimal("1.10")}),
        (3, {"Name": "\ufffd", "n": Decimal("1e400")}),
        (5, {"n": "NaN"}),
    ]
    assert kept.rows == [(4, b"7", "is not an object")]
    with pytest.raises(UnreadFileError, match="is cut: line 2"):
        profiles_in("json", PROFILE + b"\n" + PROFILE[:-1], is_packed=False)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"ts":20260831120000,"profile":{"identity":"u"}}', "events"),
        (b'{"ts":20260831120000,"identity":"u","profile":{},"event_props":{}}', "events"),
        (b'{"ts":20260831120000', "events"),
        (b'{"eventName":"a","ts":1}', "events"),
        (PROFILE, "profiles"),
        (b'{"clevertapId":"x","eventName":"a custom property"}', "profiles"),
        (b'{"Email":"a@b.c"}', "profiles"),
    ],
)
def test_kinds_are_told_by_the_first_object(content, kind):
    assert kind_in("json", content) == kind_in("json", content + b"\n" + content) == kind
