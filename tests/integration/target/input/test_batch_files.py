"""BATCH messages: the rows of their files arrive as RECORD messages do, once and in order."""

from __future__ import annotations

import gzip
import os
import signal
import threading
import time
import zipfile

import pytest
from singer_sdk.contrib.batch_encoder_jsonl import JSONLinesBatcher
from singer_sdk.helpers._batch import BatchConfig

from target_clevertap.singer.batch_files import local_paths
from tests.support.record_paths import batch
from tests.support.target_process import (
    ORDER_COLUMNS,
    finish,
    lines,
    order,
    schema,
    state,
)

SCHEMA = schema("orders", ORDER_COLUMNS)
SLOW = {"match": {"kind": "upload"}, "action": {"delay": 0.3}}


def rows(numbers, **more):
    return [order(number, **more)["record"] for number in numbers]


def ids(target):
    return sorted(each["evtData"]["id"] for each in target.delivered())


def written(folder, numbers, name="orders.json.gz"):
    path = folder / name
    content = lines(rows(numbers))
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def test_rows_arrive_once_in_their_place_and_the_state_follows(target):
    first = written(target.folder, range(5), "a.json.gz")
    second = written(target.folder, range(5, 3000), "b.json.gz")
    third = written(target.folder, range(3001, 3003), "c.json")
    messages = [
        SCHEMA,
        batch("orders", first, second),
        state("two files"),
        order(3000),
        batch("orders", third, compression="none"),
        state("all"),
    ]
    finished = target.run(messages)
    assert (finished.status, finished.states[-1]) == (0, "all"), finished.log
    assert ids(target) == [*range(3003)]
    again = target.run([SCHEMA, *map(order, range(3003))])
    assert "delivered 0, already delivered 3003" in again.log
    assert first.exists()


def test_records_of_a_user_keep_their_order_between_files_and_lines(target):
    users = []
    for number in range(200):
        path = target.folder / f"{number}.json"
        path.write_bytes(lines([{"email": "a@b.c", "n": 2 * number}]))
        users.append(batch("users", path, compression=None))
        users.append(
            {"type": "RECORD", "stream": "users", "record": {"email": "a@b.c", "n": 2 * number + 1}}
        )
    finished = target.run(
        [schema("users", {"email": {}, "n": {}}, ["email"]), *users], batch_size_rows=7
    )
    assert finished.status == 0, finished.log
    assert [each["profileData"]["n"] for each in target.delivered()] == [*range(400)]


@pytest.mark.parametrize("root", ["url", "path", "escaped"])
@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_files_of_the_sdks_own_writer_are_read_by_any_name_it_gives(target, root, compression):
    folder = target.folder / "a b" / "ü#?%20"
    folder.mkdir(parents=True)
    named = {"url": f"file://{folder}", "path": str(folder), "escaped": folder.as_uri()}[root]
    config = BatchConfig.from_dict(
        {
            "encoding": {"format": "jsonl", "compression": compression},
            "storage": {"root": named, "prefix": "an order "},
            "batch_size": 100,
        }
    )
    batches = JSONLinesBatcher("tap-x", "orders", config).get_batches(iter(rows(range(250))))
    messages = [batch("orders", *files, compression=compression) for files in batches]
    assert len(messages) == 3
    finished = target.run([SCHEMA, *messages])
    assert finished.status == 0, finished.log
    assert ids(target) == [*range(250)]


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("/data/x%20y", ["/data/x%20y"]),
        ("file:///data/x%20y", ["/data/x%20y", "/data/x y"]),
        ("file:/data/x", ["/data/x"]),
        ("FILE://localhost/data/x", ["/data/x"]),
        ("local:///data/x", ["/data/x"]),
        ("C:\\taps\\x", ["C:\\taps\\x"]),
        ("file://C:/taps/x", ["C:/taps/x"]),
        ("file:///C:/taps/x", ["/C:/taps/x", "C:/taps/x"]),
        ("relative/a:b", ["relative/a:b"]),
        ("s3://bucket/x", None),
        ("file://server/share/x", None),
    ],
)
def test_names_of_local_files(name, paths):
    assert local_paths(name) == paths


def test_storage_is_read_through_fsspec(target):
    with zipfile.ZipFile(target.folder / "store.zip", "w") as store:
        store.writestr("orders.json.gz", gzip.compress(lines(rows(range(20)))))
    name = f"zip://orders.json.gz::{target.folder}/store.zip"
    finished = target.run([SCHEMA, batch("orders", name), state("end")])
    assert (finished.status, finished.states) == (0, ["end"]), finished.log
    assert ids(target) == [*range(20)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("s3://bucket/x.json.gz", ["`s3`", "install", "batch_config"]),
        ("gs://me:secret@bucket/x.json.gz", ["`gs`", "install"]),
        ("nothing://bucket/x.json.gz", ["`nothing`"]),
        ("file:///none/x.json.gz", ["`/none`", "No such file"]),
        ("file:///dev/null/", ["orders"]),
        ("file:///tmp", ["Is a directory"]),
        ("x\0y", ["orders"]),
    ],
)
def test_files_that_cannot_be_opened_end_the_run_with_their_name(target, name, words):
    finished = target.run(
        [SCHEMA, order(1), state("before"), batch("orders", name), state("after")]
    )
    assert (finished.status, finished.states) == (1, ["before"])
    assert all(word in finished.log for word in words), finished.log
    assert name.rpartition("/")[2].replace("\0", "\\x00") in finished.log
    assert "note" not in finished.log
    assert "Traceback" not in finished.log
    assert ids(target) == [1]


@pytest.mark.parametrize(
    "name",
    [
        "https://account.example/c/x.json.gz?sv=1&sig=hush%2Fhush",
        "s3://me:hush@bucket",
        "https://me:hush@[bucket/x.json.gz#hush",
        "s3://[hush@bucket",
    ],
)
def test_credentials_in_a_name_are_not_shown(target, name):
    finished = target.run([SCHEMA, batch("orders", name)])
    assert finished.status == 1
    assert "of stream `orders`" in finished.log
    assert "hush" not in finished.log
    assert "Traceback" not in finished.log


def broken(kind, path, content):
    """Break a file of 3,000 rows, so that its first rows can still be read."""
    packed = gzip.compress(content)
    if kind == "cut":
        path.write_bytes(packed[:-20])
    elif kind == "cut in its end":
        path.write_bytes(packed[:-3])
    elif kind == "checksum":
        path.write_bytes(packed[:-8] + bytes(4) + packed[-4:])
    elif kind == "damaged":
        path.write_bytes(packed[: len(packed) // 2] + b"\0" * 99 + packed[len(packed) // 2 + 99 :])
    elif kind == "more behind it":
        path.write_bytes(packed + b"more")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "not gzip":
        path.write_bytes(content)
    elif kind == "cut row":
        path.write_bytes(gzip.compress(content[:-30]))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cut", "cut off"),
        ("cut in its end", "cut off"),
        ("checksum", "damaged"),
        ("damaged", "damaged"),
        ("more behind it", "damaged"),
        ("empty", "empty"),
        ("not gzip", "not gzip"),
        ("cut row", "line 3000 of batch file `broken.json.gz`"),
        ("missing", "No such file"),
    ],
)
def test_a_broken_file_ends_the_run_and_a_new_one_brings_the_rest(target, kind, words):
    path = target.folder / "broken.json.gz"
    content = lines(rows(range(3000)))
    broken(kind, path, content)
    messages = [SCHEMA, order(5000), state("before"), batch("orders", path), state("after")]
    finished = target.run(messages)
    assert (finished.status, finished.states) == (1, ["before"])
    assert words in finished.log
    assert "`broken.json.gz`" in finished.log
    assert "@example.org" not in finished.log
    assert "Traceback" not in finished.log
    path.write_bytes(gzip.compress(content))
    finished = target.run(messages)
    assert (finished.status, finished.states[-1]) == (0, "after")
    assert ids(target) == [*range(3000), 5000]


def test_a_file_that_grows_ends_the_run(target):
    path = target.folder / "orders.json"
    path.write_bytes(lines(rows(range(30_000))))
    target.faults(SLOW)
    process = target.start()
    ended = threading.Event()

    def grow():
        while not ended.is_set():
            with path.open("ab") as file:
                file.write(lines(rows([30_000])))
            time.sleep(0.002)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        finished = finish(
            process, lines([SCHEMA, batch("orders", path, compression=None), state(1)])
        )
    finally:
        ended.set()
        thread.join()
    assert (finished.status, finished.states) == (1, [])
    assert "`orders.json` of stream `orders`: it changed while it was read" in finished.log


def test_a_kill_within_a_file_doubles_and_loses_nothing(target):
    path = written(target.folder, range(40_000))
    messages = lines([SCHEMA, batch("orders", path), state("end")])
    target.faults(SLOW)
    skip = {"uncertain": "skip", "max_rejects": -1}
    for number, signal_number in enumerate((signal.SIGKILL, signal.SIGTERM), 1):
        process = target.start(**skip)
        process.stdin.write(messages)
        process.stdin.flush()
        target.until_requests(5 * number)
        os.kill(process.pid, signal_number)
        finished = finish(process)
        assert finished.states == [], finished.log
    target.emulator.clear_faults()
    finished = target.run(messages, **skip)
    assert (finished.status, finished.states[-1:]) == (0, ["end"]), finished.log
    found = ids(target)
    assert len(found) == len({*found})
    uncertain = {each["id"] for each, code in target.rejected() if code == "uncertain"}
    assert {*range(40_000)} <= {*found} | uncertain


def test_rows_of_every_kind_are_treated_as_records(target):
    content = b"\xef\xbb\xbf" + b"\r\n".join(
        [
            b'{"id":1,"email":"a@b.c","created_at":"2026-01-01","total":1.50}',
            b"",
            b'  {"id":2,"email":"a@b.c","created_at":"2026-01-01","total":NaN}\t',
            b'{"id":3,"email":null,"created_at":"2026-01-01"}',
            b'{"id":4,"email":"a@b.c","created_at":"2026-01-01","_sdc_deleted_at":"2026-01-02"}',
            b'{"id":5,"email":"Z\xfcrich@b.c","created_at":"2026-01-01"}',
            b'{"id":6,"email":"a@b.c","created_at":"2026-01-01","deep":'
            + b"[" * 5000
            + b"]" * 5000
            + b"}",
            b'{"id":7,"email":"a@b.c","created_at":"2026-01-01","big":123456789012345678901234567890}',
        ]
    )
    path = target.folder / "odd.json"
    path.write_bytes(content)
    head = schema("orders", {**ORDER_COLUMNS, "deep": {}, "big": {}})
    finished = target.run([head, batch("orders", path, compression=None), state("end")])
    assert (finished.status, finished.states) == (3, ["end"]), finished.log
    assert ids(target) == [1, 7]
    assert "deleted at the source 1" in finished.log
    kept = target.rejects.read_bytes()
    raws = [each.strip() for each in content.split(b"\r\n")]
    assert all(
        b'"record":' + raws[index] in kept.replace(b'"record": ', b'"record":')
        for index in (2, 3, 5, 6)
    )
    assert kept.count(b'"SCHEMA"') == 1
    assert kept.count(b'"code":') == len(raws[2:]) - 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b'{"id":1', "not valid JSON"),
        (b"[1]", "not an object"),
        (b"7", "not an object"),
        (b'{"id":1} {"id":2}', "not valid JSON"),
        (b'{}, "code": 5', "not valid JSON"),
        (b"{}}", "not valid JSON"),
        ('{"id":1}'.encode("utf-16"), "UTF-16"),
        (b'{"id":9,"email":"a@b.c","created_at":', "not valid JSON"),
        (b'{"email":"ada@exam","created_at":"2026-01-01"}', "lacks `id`"),
        (b'{"id":"' + b"[" * 3000 + b'"' + b"[" * 3000, "not valid JSON"),
    ],
)
def test_a_row_that_is_no_record_ends_the_run_with_its_line(target, row, words):
    path = target.folder / "rows.json"
    path.write_bytes(lines(rows(range(10))) + row + b"\n" + lines(rows([11])))
    finished = target.run([SCHEMA, batch("orders", path, compression=None), state("end")])
    assert (finished.status, finished.states) == (1, [])
    assert "line 11 of batch file `rows.json`" in finished.log
    assert words in finished.log
    assert "ada@exam" not in finished.log
    assert "Traceback" not in finished.log
    assert ids(target) == [*range(10)]


ONE_BY_ONE = {"stream_maps": {"orders": {"__filter__": "True"}}}


@pytest.mark.parametrize("settings", [{}, ONE_BY_ONE], ids=["many at once", "one by one"])
def test_columns_that_a_tap_left_out_of_its_schema_are_not_sent(target, settings):
    """The SDK's writer takes records before the catalog's selection."""
    path = target.folder / "rows.json"
    given = rows(range(600), note="s3cr3t", address={"street": "s3cr3t"})
    given[7]["email"] = None
    path.write_bytes(lines(given))
    finished = target.run([SCHEMA, batch("orders", path, compression=None)], **settings)
    assert finished.status == 3
    sent = target.delivered()
    assert len(sent) == 599
    assert all(each["evtData"].keys() == {"id", "total"} for each in sent)
    assert "these are not sent: `address`, `note`;" in finished.log
    assert "s3cr3t" not in target.rejects.read_text()
    again = target.run([SCHEMA, *map(order, range(600))])
    assert "already delivered 599" in again.log
    partial = {**SCHEMA, "schema": {}}
    path.write_bytes(lines(rows([600], note="said")))
    assert target.run([partial, batch("orders", path, compression=None)]).status == 0
    assert [each["evtData"]["note"] for each in target.delivered() if "note" in each["evtData"]]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"encoding": {"format": "parquet"}}, "`parquet`"),
        ({"encoding": {"format": "arrow", "compression": "zstd"}}, "`arrow` with `zstd`"),
        ({"encoding": {"format": "jsonl", "compression": "zstd"}}, "`zstd`"),
        ({"encoding": {}}, "nothing that has a name"),
        ({"encoding": "jsonl"}, "line 2"),
        ({"manifest": "x"}, "line 2"),
        ({"manifest": [""]}, "line 2"),
        ({"manifest": [{}]}, "line 2"),
        ({"stream": "others"}, "the BATCH comes before its SCHEMA"),
        ({"stream": None}, "line 2"),
    ],
)
def test_a_batch_that_cannot_be_read_ends_the_run(target, message, words):
    given = {**batch("orders", "file:///none"), **message}
    finished = target.run([SCHEMA, given, state("end")])
    assert (finished.status, finished.states) == (1, [])
    assert words in finished.log, finished.log
    assert "Traceback" not in finished.log


def test_profiles_that_did_not_change_are_not_sent_out_of_batch_files(target):
    rule = {"type": "profile", "identity": "email", "changes_only": True}
    head = schema("users", {"email": {}, "plan": {}}, ["email"])
    path = target.folder / "users.json.gz"
    for plan, sent in (("a", 700), ("a", 0), ("b", 7)):
        given = [
            {"email": f"user{number}@example.org", "plan": plan if number % 100 == 3 else "a"}
            for number in range(700)
        ]
        path.write_bytes(gzip.compress(lines(given)))
        finished = target.run([head, batch("users", path), state(plan)], streams={"users": rule})
        assert (finished.status, finished.states) == (0, [plan]), finished.log
        assert f"delivered {sent}," in finished.log
        assert (f"unchanged {700 - sent} (not sent)" in finished.log) is (sent < 700)


def test_a_dry_run_shows_the_rows_of_batch_files(target):
    path = written(target.folder, range(20))
    finished = target.run([SCHEMA, batch("orders", path), state("end")], dry_run="local")
    assert (finished.status, finished.states) == (0, []), finished.log
    assert "orders" in finished.log
    assert target.delivered() == []


def test_a_reject_of_a_batch_file_can_be_sent_again(target):
    path = target.folder / "orders.json"
    path.write_bytes(lines(rows(range(10), note="x")))
    head = schema("orders", {**ORDER_COLUMNS, "note": {}})
    target.faults({"match": {"kind": "upload", "times": 1}, "action": {"record_code": {"1": 512}}})
    finished = target.run([head, batch("orders", path, compression=None)], max_rejects=-1)
    assert finished.status == 0, finished.log
    assert target.rejected_codes() == {512: 1}
    target.emulator.clear_faults()
    assert target.replay().status == 0
    assert ids(target) == [*range(10)]


@pytest.mark.parametrize(
    "part", [b'"manifest":["/a\xff.json"]', b'"manifest":[],"encoding":{"\xff":1}']
)
def test_a_batch_message_that_is_not_utf_8_is_refused(target, part):
    broken = b'{"type":"BATCH","stream":"orders","encoding":{"format":"jsonl"},' + part + b"}\n"
    finished = target.run(lines([SCHEMA, order(1)]) + broken)
    assert finished.status == 1
    assert "line 3 of the input: the BATCH lacks" in finished.log
    assert "Traceback" not in finished.log
    assert ids(target) == [1]
