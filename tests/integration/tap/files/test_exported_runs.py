"""From run to run each file is read once, to its end, whatever happens to files meanwhile."""

from __future__ import annotations

import gzip
import os
import time

import pytest

from tests.support.files.tap_runs import (
    EVENTS,
    PROFILES,
    files_config,
    ordinals,
    put,
    put_events,
    read_files,
    receipt_of,
)

DAY = 86_400


@pytest.fixture
def read(tap_launcher, tmp_path):
    """Read the files as the next run does, from the last state."""
    states = [None]

    def run(*streams, again=False, **settings):
        state = None if again else states[-1]
        settings.setdefault("receipt_path", str(tmp_path / "receipt.json"))
        output = read_files(tap_launcher, tmp_path / "files", *streams, state=state, **settings)
        states.extend(output.states[-1:])
        return output

    return run


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def receipt(tmp_path):
    return lambda: receipt_of(tmp_path / "receipt.json")[EVENTS]


def test_a_run_reads_the_files_that_are_new(read, files, receipt):
    put_events(files, 1, 2)
    assert ordinals(read()) == [(1, 0), (2, 0)]
    put_events(files, 3, run=1_761_738_121, day=20251004)
    output = read()
    assert (ordinals(output), output.status) == ([(3, 0)], 0)
    assert [receipt()[name] for name in ("read", "rows")] == [1, 1]
    assert ordinals(read()) == []
    assert output.lines[-1].startswith('{"type":"STATE"')


def test_another_folder_with_fewer_files_of_an_old_day_is_read(tap_launcher, tmp_path):
    old = time.time() - 30 * DAY
    for folder, amounts in (("a", [1, 2]), ("b", [3])):
        for index, amount in enumerate(amounts):
            path = put_events(tmp_path / folder, amount, index=index)
            os.utime(path, (old, old))
        put_events(tmp_path / folder, 9, day=20251004)
    first = read_files(tap_launcher, tmp_path / "a")
    state = first.states[-1]
    assert [*state["bookmarks"][EVENTS]["days"][0]][1] == 2
    second = read_files(tap_launcher, tmp_path / "b", state=state)
    assert ordinals(second) == [(3, 0), (9, 0)]
    assert ordinals(read_files(tap_launcher, tmp_path / "b", state=second.states[-1])) == []


def test_files_without_a_row_and_those_of_the_other_stream_are_told(read, files, receipt):
    put_events(files, 1)
    put(files / "none.json", b"Charged\n", packed=False)
    put(files / "user.json", b'{"identity":"a"}\n', packed=False)
    output = read(EVENTS)
    assert "1 rows of 2 files; 0 files are unread, 1 have other rows" in output.log
    assert "1 files have no row, such as `none.json`; they count as read" in output.log
    assert [receipt()[name] for name in ("empty", "other_kind")] == [["none.json"], 1]


def test_a_part_that_is_there_twice_gives_each_row_one_key(read, files):
    packed = put_events(files, 7, 7)
    put_events(files, 7, index=1)
    put(packed.with_suffix(""), gzip.decompress(packed.read_bytes()), packed=False)
    output = read()
    assert sorted(ordinals(output)) == [(7, 0), (7, 0), (7, 1), (7, 1), (7, 2)]
    found = {record["event_key"] for record in output.records[EVENTS]}
    put(packed.with_name(f"{packed.name}.bak"), packed.read_bytes(), packed=False)
    output = read()
    assert (ordinals(output), output.status) == ([(7, 0), (7, 1)], 0)
    assert found.issuperset(record["event_key"] for record in output.records[EVENTS])


def test_rows_of_a_group_are_numbered_together_and_other_runs_apart(read, files):
    put_events(files, 7, 7)
    put_events(files, 7, 8, index=1)
    put_events(files, 8, database=3)
    put_events(files, 7, run=1_761_738_121)
    output = read()
    assert ordinals(output) == [(7, 0), (7, 1), (8, 0), (7, 2), (8, 1), (7, 0)]
    found = {record["event_key"] for record in output.records[EVENTS]}
    assert len(found) == 5


@pytest.mark.parametrize("late", [0, 1, 2])
def test_a_file_that_comes_late_takes_no_number_that_was_given(read, files, late):
    for index in {0, 1, 2} - {late}:
        put_events(files, 7, index=index)
    assert ordinals(read()) == [(7, 0), (7, 1)]
    put_events(files, 7, index=late)
    output = read()
    assert ordinals(output) == [(7, 2)]
    assert [record["source_file"][-11:] for record in output.records[EVENTS]] == [
        f"{late}-0.json.gz"[-11:]
    ]


def test_a_file_that_was_replaced_is_read_again_and_named(read, files, receipt):
    path = put_events(files, 1, 2)
    put_events(files, 5, index=1)
    read()
    put_events(files, 1, 2, 3)
    output = read()
    assert (ordinals(output), output.status) == ([(1, 0), (2, 0), (3, 0)], 0)
    assert "was read by an earlier run and is another file now" in output.log
    assert receipt()["replaced"] == [path.name]
    assert ordinals(read()) == []


def cut(path, content):
    path.write_bytes(content[: len(content) // 2])


def corrupt(path, content):
    path.write_bytes(content[:-8] + bytes([content[-8] ^ 1]) + content[-7:])


def emptied(path, _):
    path.write_bytes(b"")


def strange(path, _):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(99))


@pytest.mark.parametrize("damage", [cut, corrupt, emptied, strange])
@pytest.mark.parametrize("damaged", [0, 1, 2])
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(
    read, files, receipt, damage, damaged
):
    paths = [put_events(files, 7, *range(9), 7, index=index) for index in range(3)]
    whole = paths[damaged].read_bytes()
    damage(paths[damaged], whole)
    output = read()
    assert output.status == 1
    assert f"`{paths[damaged].name}` " in output.log
    assert "Traceback" not in output.log
    assert [each["file"] for each in receipt()["unread"]] == [paths[damaged].name]
    assert receipt()["read"] == 2
    assert "failed" in (files.parent / "receipt.json").read_text()
    first = {record["event_key"] for record in output.records[EVENTS]}
    again = read()
    assert again.status == 1
    paths[damaged].write_bytes(whole)
    output = read()
    assert output.status == 0, output.log
    assert {record["source_file"] for record in output.records[EVENTS]} == {paths[damaged].name}
    assert ordinals(read()) == []
    found = first | {record["event_key"] for record in output.records[EVENTS]}
    assert found == {record["event_key"] for record in read(again=True).records[EVENTS]}


def test_a_file_of_no_kind_is_named_once_for_both_streams(read, files):
    put(files / "README.txt", b"Nothing to read here.\nReally.\n", packed=False)
    output = read(EVENTS, PROFILES)
    assert output.status == 1
    assert output.log.count("README.txt") == 2  # once in passing, and once as the reason of the end


def test_a_bad_row_makes_its_file_unread(read, files, receipt):
    path = put_events(files, 1, 2)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    put(path, b"".join([*lines[:2], b'{"ts": 7}\n', lines[2]]))
    put_events(files, 3, index=1)
    output = read()
    assert output.status == 1
    assert "line 3" in output.log
    assert receipt()["unread"][0]["reason"].startswith("has a row that cannot be read: line 3 ")
    put_events(files, 1, 2)
    assert read().status == 0


def test_bad_rows_are_set_aside_if_that_is_chosen(read, files, receipt, tmp_path):
    path = put_events(files, 1, 2)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    put(path, b"".join([*lines[:2], b'{"ts": 7}\n', lines[2]]))
    aside = tmp_path / "aside.jsonl"
    skipping = {"export_files_bad_rows": "skip", "bad_rows_path": str(aside)}
    output = read(**skipping)
    assert (output.status, ordinals(output)) == (0, [(1, 0), (2, 0)]), output.log
    assert receipt()["skipped_rows"] == 1
    (line,) = aside.read_text().splitlines()
    assert f'"source_file":"{path.name}"' in line
    assert '"line":3' in line
    assert '{\\"ts\\": 7}' in line
    assert oct(aside.stat().st_mode & 0o777) == "0o600"
    assert ordinals(read(**skipping)) == []
    put_events(files, 1, index=1)
    assert ordinals(read(**skipping)) == [(1, 1)]
    assert len(aside.read_text().splitlines()) == 1


def test_bad_rows_of_a_file_that_turns_out_to_be_cut_are_not_said_to_be_kept(
    read, files, receipt, tmp_path
):
    aside = tmp_path / "aside.jsonl"
    row = b'{"ts":20251003120000,"eventProps":{"text":"%b"}}\n' % (1_000 * b"x")
    path = files / "long.json"
    put(path, b"Charged\n" + b'{"ts": 7}\n' + 2_000 * row + row[:-9], packed=False)
    output = read(export_files_bad_rows="skip", bad_rows_path=str(aside))
    assert (output.status, aside.exists(), receipt()["skipped_rows"]) == (1, False, 0)
    assert "is cut" in output.log
    assert "set aside" not in output.log


def test_a_file_of_another_format_is_not_set_aside_row_by_row(read, files, tmp_path):
    put(files / "odd.json", b"Charged\n" + 2_000 * b'{"when": "yesterday"}\n')
    aside = tmp_path / "aside.jsonl"
    output = read(export_files_bad_rows="skip", bad_rows_path=str(aside))
    assert output.status == 1


def test_old_files_have_marks_and_stay_read(read, files):
    now = time.time()
    for number in range(60):
        path = put_events(files, number, run=1_761_651_721 + number * DAY)
        os.utime(path, (now - (60 - number) * DAY,) * 2)
    output = read()
    assert len(ordinals(output)) == 60
    state = output.state["bookmarks"][EVENTS]
    assert len(state["files"]) == 3
    assert ordinals(read()) == []
    os.utime(put_events(files, 99, run=1_800_000_000), (now,) * 2)
    assert ordinals(read()) == [(99, 0)]


def test_an_old_file_that_comes_late_is_read_with_all_of_its_day(read, files, receipt):
    moment = (time.time() // DAY - 20) * DAY
    for number in range(20):
        path = put_events(files, number, run=1_761_651_721 + number * DAY)
        os.utime(path, (moment + number * DAY,) * 2)
    read()
    os.utime(put_events(files, 99, run=1_761_651_721, index=1), (moment + 10.5 * DAY,) * 2)
    output = read()
    assert (output.status, ordinals(output)) == (0, [(99, 0), (10, 0)])
    day = time.strftime("%Y-%m-%d", time.gmtime(moment + 10 * DAY))
    assert f"files that were last modified on {day} came late" in output.log
    assert receipt()["late_days"] == [day]
    assert ordinals(read()) == []
    assert receipt()["late_days"] == []


def test_an_old_file_that_was_replaced_as_another_was_deleted_is_read(read, files, receipt):
    moment = (time.time() // DAY - 20) * DAY
    for number in range(20):
        path = put_events(files, number, run=1_761_651_721, index=number)
        os.utime(path, (moment + number * DAY / 4,) * 2)
    put_events(files, 50, run=1_762_651_721)
    assert len(ordinals(read())) == 21
    for number in (0, 4, 5):  # one of the first day, two of the second
        (files / f"17-1761651721-Charged-20251003-{number}-0.json.gz").unlink()
    assert ordinals(read()) == []
    assert receipt()["late_days"] == []
    (files / "17-1761651721-Charged-20251003-8-0.json.gz").unlink()
    os.utime(put_events(files, 98, 99, run=1_761_651_721, index=9), (moment + 9 * DAY / 4,) * 2)
    output = read()
    day = time.strftime("%Y-%m-%d", time.gmtime(moment + 2 * DAY))
    assert (output.status, receipt()["late_days"]) == (0, [day])
    assert {amount for amount, _ in ordinals(output)} == {98, 99, 10, 11}
    assert f"files that were last modified on {day} came late, or may be others now" in output.log
    assert ordinals(read()) == []


def test_all_files_are_read_again_without_a_state(read, files):
    put_events(files, 1)
    assert ordinals(read()) == [(1, 0)]
    assert ordinals(read(again=True)) == [(1, 0)]


def test_no_file_at_all_is_reported_and_keeps_the_state(read, files):
    path = put_events(files, 1)
    before = read().state
    content, stat = path.read_bytes(), path.stat()
    path.unlink()
    output = read()
    assert "there is no file, though earlier runs read some" in output.log
    assert output.state["bookmarks"][EVENTS]["files"] == before["bookmarks"][EVENTS]["files"]
    assert (content, stat.st_size) == (content, len(content))


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"timezone": "UTC"}, "`exported_events` was read in timezone `Asia/Kolkata`"),
        ({"account_id": "TEST-111-1111"}, "its export files are those of another account"),
    ],
    ids=["zone", "account"],
)
def test_a_state_of_other_settings_is_refused(read, files, settings, fault):
    put_events(files, 1)
    read(EVENTS)
    output = read(EVENTS, **settings)
    assert (output.status, ordinals(output)) == (1, [])
    assert fault in output.log


def test_the_region_does_not_matter_to_a_state(read, files):
    put_events(files, 1)
    read(EVENTS)
    assert read(EVENTS, region="in1").status == 0


def test_identical_rows_are_merged_if_that_is_chosen(read, files):
    put_events(files, 7, 7)
    assert ordinals(read(duplicates="merge")) == [(7, 0)]
    put_events(files, 7, 8, index=1)
    assert ordinals(read(duplicates="merge")) == [(8, 0)]


def test_many_small_files_are_read_in_one_run(read, files):
    for number in range(2_000):
        put_events(files, number, index=number)
    output = read(EVENTS)
    assert output.status == 0
    assert ordinals(output) == [(number, 0) for number in sorted(range(2_000), key=str)]
    assert len(output.states) < 20
    assert ordinals(read(EVENTS)) == []


def test_a_folder_that_is_not_there_ends_the_run(tap_launcher, tmp_path):
    output = read_files(tap_launcher, tmp_path / "nothing", EVENTS)
    assert output.status == 1
    assert "Traceback" not in output.log


def test_files_config_has_no_passcode(tmp_path):
    assert "passcode" not in files_config(tmp_path)
