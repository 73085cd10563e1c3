"""Walks that go wrong in the midst of it: bad rows, refusals, pages without end, no pause."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.integration.tap.odd_server import pages, rows, run, serving

MAPPED = {"stream_maps": {"*": {"more": "identity"}}}
WAYS = pytest.mark.parametrize("way", [{}, MAPPED], ids=["plain", "mapped"])
PLACE = "export of `Charged`, 2026-08-29 to 2026-08-29: "
PROFILES = {"events": ["Charged"], "profile_events": ["Charged"]}


def error_of(output):
    assert output.status == 1, output.log
    assert "Traceback" not in output.log
    (error,) = [line for line in output.log.splitlines() if "| ERROR" in line]
    return error


def closed(output):
    events = output.state["bookmarks"]["events"] if output.states else {}
    return [each.get("replication_key_value") for each in events.get("partitions", [])]


BAD = {
    "text": {"ts": "yesterday at ada@example.org"},
    "a day": {"ts": 20260829},
    "none": {"ts": None},
    "a thirteenth month": {"ts": 20261329120000},
}


@WAYS
@pytest.mark.parametrize("odd", BAD.values(), ids=BAD.keys())
def test_a_bad_ts_ends_the_run_and_names_event_and_days(tap_launcher, way, odd):
    page = pages(rows(0, 30), [*rows(30, 3), *rows(33, 1, **odd)], rows(40, 3))
    with serving(page) as server:
        output = run(tap_launcher, server, **way)
    error = error_of(output)
    assert PLACE + "a row has a `ts` that is not a time" in error
    assert "bad_rows" in error
    assert "ada@example.org" not in output.log
    assert closed(output) in ([], [None])


@WAYS
@pytest.mark.parametrize("odd", [*BAD.values(), {"profile": 5}], ids=[*BAD.keys(), "profile"])
def test_bad_rows_are_set_aside_and_counted(tap_launcher, tmp_path, way, odd):
    bad = rows(33, 2, **odd, unheard_of=[{"more": 7}])
    page = pages(rows(0, 30), [*rows(30, 3), *bad], rows(40, 3))
    path = tmp_path / "bad.jsonl"
    with serving(page) as server:
        skip = {"bad_rows": "skip", "bad_rows_path": str(path), **way}
        output = run(tap_launcher, server, **skip)
        again = run(tap_launcher, server, **skip)
    assert output.status == 0, output.log
    assert sorted(row["event_props"]["N"] for row in output.events) == [
        *range(33),
        *range(40, 43),
    ]
    assert (
        f"2 rows of `Charged` could not be read and were set aside; look at them in `{path}`"
        in (output.log)
    )
    assert "ada@example.org" not in output.log
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["row"] for each in kept] == [*bad, *bad]
    assert {each["event_name"] for each in kept} == {"Charged"}
    assert {each["days"] for each in kept} == {"2026-08-29 to 2026-08-29"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert closed(output) == ["2026-08-29"]
    assert again.status == 0


def test_keys_are_the_same_with_and_without_bad_rows_around(tap_launcher, tmp_path):
    keys = []
    for bad in ([], rows(90, 5, ts="x")):
        with serving(pages([*bad, *rows(0, 30)])) as server:
            path = str(tmp_path / "bad.jsonl")
            output = run(tap_launcher, server, bad_rows="skip", bad_rows_path=path)
        keys.append([row["event_key"] for row in output.events])
    assert keys[0] == keys[1]


@WAYS
def test_a_page_of_bad_rows_only_is_another_format_and_ends_the_run(tap_launcher, tmp_path, way):
    with serving(pages(rows(0, 30), rows(30, 30, ts="2026-08-29T12:00:00Z"))) as server:
        path = tmp_path / "bad.jsonl"
        output = run(tap_launcher, server, bad_rows="skip", bad_rows_path=str(path), **way)
    assert PLACE + "all 30 rows of a page cannot be read" in error_of(output)
    assert not path.exists()
    assert closed(output) in ([], [None])


@WAYS
@pytest.mark.parametrize("path", ["/no/such/folder/bad.jsonl", "a\0b", "/dev/full"])
def test_a_file_for_bad_rows_that_takes_none_ends_the_run(tap_launcher, way, path):
    with serving(pages([*rows(0, 3), *rows(3, 1, ts="x")])) as server:
        output = run(tap_launcher, server, bad_rows="skip", bad_rows_path=path, **way)
    assert "bad_rows_path: `" in error_of(output)
    assert closed(output) in ([], [None])


def test_bad_rows_of_profiles_are_set_aside_too(tap_launcher, tmp_path):
    path = tmp_path / "bad.jsonl"
    people = [{"objectId": "-a", "identity": "ada"}, 5, "six", {"objectId": "-b"}]

    with serving(lambda *_: {"records": people}) as server:
        failed = run(tap_launcher, server, **PROFILES)
        skip = {"bad_rows": "skip", "bad_rows_path": str(path)}
        output = run(tap_launcher, server, **PROFILES, **skip)
    assert PLACE + "a row is not an object" in error_of(failed)
    assert output.status == 0, output.log
    assert {each["object_ids"][0] for each in output.profiles} == {"-a", "-b"}
    assert [json.loads(line)["row"] for line in path.read_text().splitlines()].count("six") == 2


REFUSALS = {
    "not allowed": {"status": "fail", "error": "Export not allowed for this event", "code": 400},
    "unknown": {"status": "fail", "error": "Invalid event : Charged", "code": 400},
}


@WAYS
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
@pytest.mark.parametrize("stream", ["events", "profiles"])
def test_a_refusal_on_a_later_page_is_a_failure(tap_launcher, way, refusal, stream):
    config = PROFILES if stream == "profiles" else {}
    contents = pages(rows(0, 30), rows(30, 30))

    def page(name, place):
        fails = place and (stream == "events" or len(server.asked) > 4)
        return refusal if fails else contents(name, place)

    with serving(page) as server:
        output = run(tap_launcher, server, **{**config, **way})
    error = error_of(output)
    assert PLACE + "it could not be read to its end in 6 walks" in error
    assert "left out" not in output.log
    assert "2026-08-29" not in closed(output) or stream == "profiles"


@WAYS
def test_a_refusal_on_a_later_page_that_passes_loses_nothing(tap_launcher, way):
    contents, refused = pages(rows(0, 30), rows(30, 30), rows(60, 3)), []

    def page(name, place):
        if place == 1 and not refused:
            refused.append(place)
            return REFUSALS["not allowed"]
        return contents(name, place)

    with serving(page) as server:
        output = run(tap_launcher, server, **way)
    assert output.status == 0, output.log
    assert [row["event_props"]["N"] for row in output.events] == [*range(63)]


def test_a_refusal_once_an_export_was_opened_leaves_nothing_out(tap_launcher):
    opened = []

    def opening(name):
        opened.append(name)
        return {"cursor": f"{name}|0"} if len(opened) == 1 else REFUSALS["not allowed"]

    lost = {"status": "fail", "error": "CURSOR_INVALIDATED", "code": 4004}
    with serving(lambda *_: lost, opened=opening) as server:
        output = run(tap_launcher, server)
    assert PLACE in error_of(output)
    assert "left out" not in output.log


def forever(content):
    return lambda name, place: {"records": content(place), "next_cursor": f"{name}|{place + 1}"}


def shuffled(place):
    """Return some of the same hundred rows, others each time, and with keys in another order."""
    some = [rows((place * 7 + n * 3) % 100, 1)[0] for n in range(30)]
    return [dict(sorted(row.items(), reverse=place % 2 == 1)) for row in some]


ENDLESS = {
    "empty": lambda _: [],
    "null": lambda _: None,
    "the same rows": lambda _: rows(0, 30),
    "the same rows in turns": lambda place: rows(place % 3 * 30, 30),
    "some of the same rows": shuffled,
    "empty and the same in turns": lambda place: rows(0, 30) if place % 2 else [],
}


@WAYS
@pytest.mark.parametrize("content", ENDLESS.values(), ids=ENDLESS.keys())
def test_pages_without_end_and_without_news_end_the_run(tap_launcher, way, content):
    with serving(forever(content)) as server:
        output = run(tap_launcher, server, **way)
    error = error_of(output)
    assert PLACE + "its last " in error
    assert "with a new cursor" in error
    assert closed(output) in ([], [None])
    assert len(server.asked) < 2000


@pytest.mark.parametrize(
    "content", [ENDLESS["empty"], lambda _: [{"objectId": "-a"}]], ids=["empty", "the same"]
)
def test_profiles_without_end_end_the_run(tap_launcher, content):
    endless, some = forever(content), pages(rows(0, 3))

    def page(name, place):
        return some(name, place) if name == "Search" else endless(name, place)

    with serving(page, names=("Search", "Charged")) as server:
        output = run(tap_launcher, server, events=["Search"], profile_events=["Charged"])
    assert PLACE + "its last " in error_of(output)
    assert "replication_key_value" not in output.state["bookmarks"]["profiles"]


@WAYS
def test_many_empty_pages_and_many_twins_are_no_end(tap_launcher, way):
    contents = [rows(0, 30), *[[]] * 150, *[rows(0, 30)] * 15, rows(30, 30)]
    with serving(pages(*contents)) as server:
        output = run(tap_launcher, server, **way)
    assert output.status == 0, output.log
    assert len(output.events) == 30 * 17


@pytest.mark.parametrize("after", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_pause_of_nothing_grows_all_the_same(tap_launcher, after):
    busy = {"http": 429, "headers": {"Retry-After": after}}
    with serving(lambda *_: busy) as server:
        output = run(tap_launcher, server, speed=200)
    assert "a request kept failing for 900 s (HTTP 429)" in error_of(output)
    assert len(server.asked) < 250


def test_the_file_of_bad_rows_lies_where_the_run_does(tap_launcher):
    with serving(pages([*rows(0, 3), *rows(3, 1, ts="x")])) as server:
        output = run(tap_launcher, server, bad_rows="skip")
    path = Path(tap_launcher.folder) / "clevertap-bad-rows.jsonl"
    assert output.status == 0
    assert len(path.read_text().splitlines()) == 1
