"""Files as they lie in folders: each gives its rows or is unread, and none is passed over."""

import gzip
import json
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tap_clevertap.files.bad_rows import FileBadRows
from tap_clevertap.files.encoder import FileEncoder
from tap_clevertap.files.ends import FileEnd, Outcome
from tap_clevertap.files.plan import groups_to_read
from tap_clevertap.files.reading import GroupReader, ReadingOptions
from tap_clevertap.files.stores.local import LocalStore
from tests.support.files.parquet_files import events, file_of

TS = 20260831120000
ROW = json.dumps({"ts": TS, "eventName": "Charged", "profile": {"objectId": "o"}}).encode()
OPTIONS = ReadingOptions(
    account_id="TEST-000-0000",
    zone=ZoneInfo("Asia/Kolkata"),
    kind="events",
    stream="exported_events",
)


def end_of(folder, content, *, name="file", **options):
    """Return what came of a file with some content."""
    (folder / name).write_bytes(content)
    store = LocalStore(str(folder))
    (group,) = groups_to_read(store.list(), lambda _: False, numbered=True)
    (end,) = [
        part
        for part in GroupReader(store, OPTIONS._replace(**options)).read(group)
        if isinstance(part, FileEnd)
    ]
    return end


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" + ROW + b"," + ROW + b"]\n", "has no known format"),
        (b"Charged\r" + ROW + b"\r" + ROW + b"\r", "has no known format"),
        (b"AccessDenied: Request has expired", "has no known format"),
        (b"\x00\x8f\x11crc\n", "has no known format"),
        (b"%d,Charged,u1,1\n" % TS, "has no known format"),
        (b'"Charged";"%d"\n' % TS, "has no known format"),
        (b"Charged" + ROW + b"\n" + ROW + b"\n", "has a row that cannot be read: line 1 is not"),
        (json.dumps(json.loads(ROW), indent=1).encode() + b"\n", "has rows with neither"),
        (b'{"error":"expired"}\n', "has rows with neither"),
        (b"ts,eventName,eventProps.a\r%d,Charged,1\r" % TS, "has no line feed, only carriage"),
        (b"ts,eventName,eventProps.a\n%d,Charged,12345" % TS, "may be cut: its last line has no"),
        (b"ts,eventName,eventProp", "may be cut: its last line has no"),
    ],
)
@pytest.mark.parametrize("kind", ["events", "profiles"])
def test_a_file_whose_rows_would_be_passed_over_is_unread(tmp_path, content, reason, kind):
    end = end_of(tmp_path, content, kind=kind)

    if end.kind in {None, kind}:
        assert (end.outcome, end.rows) == (Outcome.UNREAD, 0)
        assert end.reason.startswith(reason)
    else:  # the other stream says it
        assert end.outcome is Outcome.OTHER_KIND
        assert end_of(tmp_path, content, kind=end.kind).outcome is Outcome.UNREAD


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"Charged\n", 0),
        (b"ts,eventName\n", 0),
        (b"Charged\n" + ROW, 1),
        (b"Charged\r\n" + ROW + b"\r\n", 1),
        (ROW + ROW.replace(b"Charged", b"Other"), 2),
        (gzip.compress(b"ts,eventName\n%d,Charged" % TS, mtime=0), 1),
        (gzip.compress(b"Charged\n", mtime=0) + gzip.compress(ROW, mtime=0), 1),
        (b'"a\rb",ts,eventName\n1,%d,Charged\n' % TS, 1),
    ],
)
def test_a_file_that_is_odd_and_whole_is_read(tmp_path, content, rows):
    end = end_of(tmp_path, content)

    assert (end.outcome, end.rows, end.is_empty) == (Outcome.READ, rows, not rows)


def test_a_file_whose_rows_are_all_left_out_is_not_empty(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for index in (0, 1):
        name = f"17-1761651721-Charged-20260831-{index}-0.json"
        (folder / name).write_bytes(b"Charged\n" + ROW + b"\n")
    store = LocalStore(str(folder))
    (group,) = groups_to_read(store.list(), lambda _: False, numbered=True)

    parts = [*GroupReader(store, OPTIONS._replace(merge_duplicates=True)).read(group)]

    ends = [each for each in parts if isinstance(each, FileEnd)]
    assert [(each.rows, each.is_empty) for each in ends] == [(1, False), (0, False)]
    assert len(parts) == 3


def test_a_message_of_eventbridge_has_a_number_of_its_own(tmp_path):
    message = b'{"source":"x","detail-type":"Charged","detail":%b}' % ROW

    end = end_of(tmp_path, message + message + message.replace(b'"ts"', b'"no"'))

    assert end.reason.startswith("has a row that cannot be read: message 3 has no `ts`; ")


@pytest.mark.parametrize("place", ["line", "row", "message"])
def test_a_row_that_is_set_aside_keeps_its_number(tmp_path, place):
    rows = FileBadRows("a.parquet", str(tmp_path / "aside"))
    rows.place = place

    rows.collect(7, {"eventName": None}, "has no name")
    rows.end()

    kept = json.loads((tmp_path / "aside").read_text())
    assert (kept["source_file"], kept["line"], kept["row"]) == ("a.parquet", 7, {"eventName": None})


def test_a_file_of_another_account_is_unread(tmp_path):
    name = "W9R-485-6Z5Z-17-1761651721-0.json"

    end = end_of(tmp_path, b'{"identity":"a"}\n', name=name, kind="profiles")

    assert end.outcome is Outcome.UNREAD
    assert end.reason.startswith("has the name of another account")
    assert OPTIONS.account_id not in end.reason


@pytest.mark.parametrize("error", [ValueError, KeyError, RecursionError, ZeroDivisionError])
def test_an_error_that_no_reader_expects_is_about_its_file(tmp_path, monkeypatch, error):
    def fail(*_):
        person = "ada@example.org"
        raise error(person)

    monkeypatch.setattr(FileEncoder, "encode", fail)
    end = end_of(tmp_path, b"Charged\n" + ROW + b"\n")

    assert end.outcome is Outcome.UNREAD
    assert f"({error.__name__} at test_odd_files.py:" in end.reason
    assert "ada" not in end.reason


def test_too_little_memory_is_not_about_a_file(tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(FileEncoder, "encode", fail)
    with pytest.raises(MemoryError):
        end_of(tmp_path, b"Charged\n" + ROW + b"\n")


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Kolkata"])
@pytest.mark.parametrize("run", ["20251003", "20251003000000", "202510032359", "1759487400"])
def test_the_day_of_a_run_is_that_of_the_project_or_as_written(tmp_path, zone, run):
    (tmp_path / f"TEST-000-0000-17-{run}-0.json").write_bytes(b'{"identity":"a"}\n')
    store = LocalStore(str(tmp_path))
    (group,) = groups_to_read(store.list(), lambda _: False, numbered=False)
    options = OPTIONS._replace(kind="profiles", zone=ZoneInfo(zone), messages=False)
    lines = next(GroupReader(store, options).read(group))
    assert json.loads(lines.content)["seen_through"] == "2025-10-03"


FEW_GOOD = {
    "json": b"Charged\n" + ROW + b"\n" + b"{x\n" * 1_500,
    "csv": b"ts,eventName\n%d,Charged\n" % TS + b"x,Charged\n" * 1_500,
    "xml": b"<Event><ts>%d</ts><eventName>a</eventName></Event>" % TS + b"<Event/>" * 1_500,
    "profiles.json": b'{"identity":"a"}\n' + b"{x\n" * 1_500,
    "profiles.csv": b"identity\na\n" + b"x,y\n" * 1_500,
    "profiles.xml": b"<Profile><Name>a</Name></Profile>" + b'<Profile><a b="c"/></Profile>' * 1_500,
    "parquet": file_of(events({"ts": pa.array([TS] + [5] * 1_500)})),
}


@pytest.mark.parametrize("name", FEW_GOOD)
def test_a_file_whose_first_row_is_good_has_its_format_though_all_others_are_bad(tmp_path, name):
    folder = tmp_path / "files"
    folder.mkdir()
    kind = "profiles" if name.startswith("profiles") else "events"
    bad_rows_path = str(tmp_path / "bad.jsonl")
    end = end_of(folder, FEW_GOOD[name], kind=kind, bad_rows_path=bad_rows_path)
    assert (end.outcome, end.rows, end.bad_rows) == (Outcome.READ, 1, 1_500), end.reason


def test_a_file_without_a_good_row_in_the_first_thousand_has_another_format(tmp_path):
    content = b"ts,eventName\n" + b"x,Charged\n" * 1_000 + b"%d,Charged\n" % TS
    folder = tmp_path / "files"
    folder.mkdir()
    end = end_of(folder, content, bad_rows_path=str(tmp_path / "bad.jsonl"))
    assert (end.outcome, end.rows) == (Outcome.UNREAD, 0)
    assert "among its first 1000" in end.reason
