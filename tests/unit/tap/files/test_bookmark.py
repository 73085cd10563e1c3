"""The bookmark of files: nothing unread counts as read, and the state stays small."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone
from itertools import count

import pytest

from tap_clevertap.errors import StateError
from tap_clevertap.files.bookmark import FilesBookmark
from tap_clevertap.files.plan import groups_to_read
from tap_clevertap.files.store import FileInfo

START = datetime(2026, 8, 1, tzinfo=timezone.utc)
NOW = START + timedelta(days=100)


def file(name, *, day=0.0, version="1", size=10):
    return FileInfo(name, size, version, START + timedelta(days=day))


def bookmark(state, *files, lookback_days=3, now=NOW, again=False):
    return FilesBookmark(state, sorted(files), lookback_days=lookback_days, now=now, again=again)


def read(state, *files, fail=(), **options):
    """Read all files that are waiting, but for some that fail; return the keys that were read."""
    marks = bookmark(state, *files, **options)
    keys = []
    for info in sorted(files):
        if info.key in fail:
            marks.fail(info)
        elif not marks.was_read(info):
            marks.take(info)
            keys.append(info.key)
    marks.update()
    assert json.loads(json.dumps(state)) == state
    return keys


def test_a_file_is_read_once():
    state = {}
    assert read(state, file("a"), file("b", day=9)) == ["a", "b"]
    assert read(state, file("a"), file("b", day=9), file("c", day=10)) == ["c"]
    assert read(state, file("a"), file("b", day=9), file("c", day=10)) == []


def test_a_file_that_failed_is_read_by_the_next_run_though_it_is_old():
    state = {}
    files = [file("a"), file("b", day=1), file("c", day=50)]
    assert read(state, *files, fail=["a"]) == ["b", "c"]
    assert state["files"] == [["c", 10, "1"]]
    assert state["unread"] == ["a"]
    assert read(state, *files, fail=["a"]) == []
    assert state["unread"] == ["a"]
    assert read(state, *files) == ["a"]
    assert state["unread"] == []
    assert read(state, *files) == []
    assert bookmark(state, *files).late_days == []


def test_a_run_that_ends_early_keeps_what_it_read():
    state = {}
    files = [file("a", day=1), file("b"), file("c", day=50)]
    marks = bookmark(state, *files)
    marks.take(files[0])
    marks.update()
    assert state["days"] == []
    assert read(state, *files) == ["b", "c"]


@pytest.mark.parametrize("day", [0, 2, 49, 60])
@pytest.mark.parametrize("change", [{"version": "2"}, {"size": 11}])
def test_a_file_that_was_replaced_is_read_again(day, change):
    state = {}
    files = [file("a", day=48), file("b", day=50)]
    read(state, *files)
    replaced = file("a", day=day, **change)
    marks = bookmark(state, replaced, files[1])
    assert marks.replaced == {"a"}
    marks.update()
    assert bookmark(state, replaced, files[1]).was_read(replaced) is False
    assert read(state, replaced, files[1]) == ["a"]
    assert read(state, replaced, files[1]) == []
    assert bookmark(state, replaced, files[1]).late_days == []


def test_an_older_file_that_was_replaced_now_is_read_again():
    state = {}
    read(state, file("a"), file("b", day=50))
    assert read(state, file("a", day=51, version="2"), file("b", day=50)) == ["a"]


def test_old_files_have_a_mark_for_each_day():
    state = {}
    files = [file(f"f{number:06}", day=number / 1000) for number in range(20_000)]
    read(state, *files, lookback_days=1)
    assert len(state["files"]) == 1000
    assert [len(state[name]) for name in ("unread", "through", "days", "traces")] == [0, 1, 19, 10]
    assert len(json.dumps(state)) < 85_000
    assert read(state, *files, file("late", day=20), lookback_days=1) == ["late"]


def test_the_state_stays_small_when_many_files_come_at_once():
    state = {}
    files = [file(f"f{number:06}", day=number / 1e6) for number in range(12_000)]
    read(state, *files, fail=["f000003", "f011999"])
    assert (len(state["files"]), len(state["unread"]), len(state["days"])) == (5_000, 1, 1)
    files += [file("later", day=0.5), file("other", day=0.0119985)]
    assert read(state, *files) == ["f000003", "f011999", "later", "other"]
    assert read(state, *files) == []


def test_old_files_that_were_deleted_make_no_difference():
    state = {}
    files = [file(f"f{number}", day=number / 2) for number in range(30)]
    read(state, *files)
    left = files[5:]
    assert read(state, *left) == bookmark(state, *left).late_days == []
    assert [number for _, number, _ in state["days"][:2]] == [1, 2]
    late = file("late", day=0.1)
    assert read(state, late, *left) == ["late"]
    assert read(state, late, *left) == []


def test_a_file_that_was_replaced_as_another_of_its_day_was_deleted_is_read_again():
    state = {}
    files = [file(f"f{number}", day=number / 4) for number in range(30)]
    read(state, *files)
    for change in ({"version": "2"}, {"size": 9}):
        changed = [file("f2", day=0.5, **change), file("f3", day=0.75), *files[4:]]
        later = json.loads(json.dumps(state))
        assert bookmark(later, *changed).late_days == [START.date()]
        assert read(later, *changed) == ["f2", "f3"]
        assert read(later, *changed) == []
        assert read(later, *changed[1:]) == []


def test_a_file_that_came_late_as_others_of_its_day_were_deleted_is_read():
    state = {}
    files = [file(f"f{number}", day=number / 4) for number in range(30)]
    read(state, *files)
    late = file("late", day=0.1)
    assert read(state, late, *files[3:]) == ["f3", "late"]
    assert read(state, late, *files[3:]) == []


def test_a_day_whose_files_are_all_gone_is_forgotten():
    state = {}
    files = [file(f"f{number}", day=number) for number in range(30)]
    read(state, *files)
    assert read(state, *files[9:]) == bookmark(state, *files[9:]).late_days == []
    assert len(state["days"]) == len(state["traces"]) == 18
    assert read(state, *files[8:]) == ["f8"]


def without_traces(state):
    """Return the state as an earlier release wrote it."""
    return {name: part for name, part in state.items() if name != "traces"} | {"folder": "f"}


def test_a_day_without_traces_is_read_again_if_any_of_its_files_is_gone():
    state = {}
    files = [file(f"f{number}", day=number / 2) for number in range(30)]
    read(state, *files)
    state = without_traces(state)
    assert bookmark(state, *files[1:]).late_days == [START.date()]
    assert read(state, *files[1:]) == ["f1"]
    assert read(state, *files[1:]) == []


def test_a_day_without_traces_has_them_after_a_run_that_finds_all_its_files():
    state = {}
    files = [file(f"f{number}", day=number / 2) for number in range(30)]
    read(state, *files)
    earlier = without_traces(state)
    assert read(earlier, *files) == []
    assert earlier["traces"] == state["traces"]
    assert read(earlier, *files[1:]) == []


def test_traces_of_other_files_are_none():
    """An earlier release moved the mark and left them."""
    state = {}
    files = [file(f"f{number}", day=number / 4) for number in range(30)]
    read(state, *files)
    traces = state["traces"]
    changed = [file("f0", version="2"), *files[1:]]
    read(state, *changed)
    assert read(state | {"traces": traces}, *changed[1:]) == ["f1", "f2", "f3"]
    assert read(state | {"traces": traces}, *changed) == []


def test_the_oldest_days_have_the_traces():
    state = {}
    sizes = {0: 4_000, 1: 3_000, 2: 8_000, 3: 3_000, 4: 1}
    files = [
        file(f"{day}-{number:04}", day=day + number / 10_000)
        for day, size in sizes.items()
        for number in range(size)
    ]
    read(state, *files, file("newest", day=50))
    assert [day[-2:] for day, _ in state["traces"]] == ["01", "02", "04"]
    assert [number for _, number, _ in state["days"]] == [*sizes.values()]
    left = [info for info in files if info.key != "2-0000"]
    assert len(read(state, *left, file("newest", day=50))) == 7_999


CHANGES = {
    "one more": (lambda files: [*files, file("x", day=1)], ["f1", "x"], [1]),
    "two more": (
        lambda files: [*files, file("x", day=1), file("y", day=2)],
        ["f1", "f2", "x", "y"],
        [1, 2],
    ),
    "one more and others gone": (
        lambda files: [*files[3:], file("x", day=5)],
        ["f5", "x"],
        [5],
    ),
    "on a day without others": (lambda files: [*files, file("x", day=-1)], ["x"], []),
    "another name": (lambda files: [file("x"), *files[1:]], ["x"], [0]),
    "another version": (lambda files: [file("f0", version="2"), *files[1:]], ["f0"], [0]),
    "another size": (lambda files: [file("f0", size=9), *files[1:]], ["f0"], [0]),
}


@pytest.mark.parametrize("lookback_days", [1, 3, 60])
@pytest.mark.parametrize(("change", "keys", "days"), CHANGES.values(), ids=CHANGES)
def test_an_old_file_that_was_not_there_is_read_with_all_of_its_day(
    change, keys, days, lookback_days
):
    state = {}
    files = [file(f"f{number}", day=number) for number in range(30)]
    read(state, *files)
    files = change(files)
    late_days = [(START + timedelta(day)).date() for day in days]
    assert bookmark(state, *files).late_days == late_days
    assert read(state, *files, lookback_days=lookback_days) == keys
    assert bookmark(state, *files).late_days == []
    assert read(state, *files) == []


def test_days_that_are_read_again_are_read_by_the_next_run_if_this_one_ends_early():
    state = {}
    files = [file(f"f{number}", day=number / 4) for number in range(30)]
    read(state, *files)
    late = file("late", day=0.4)
    marks = bookmark(state, late, *files)
    marks.take(files[2])
    marks.update()
    assert read(state, late, *files) == ["f0", "f1", "f3", "late"]
    assert read(state, late, *files) == []


@pytest.mark.parametrize("lookback_days", [1, 5, 60])
def test_another_look_back_reads_nothing_again(lookback_days):
    state = {}
    files = [file(f"f{number:02}", day=number / 2) for number in range(30)]
    read(state, *files)
    assert read(state, *files, lookback_days=lookback_days) == []
    assert read(state, *files, lookback_days=2) == []


def test_files_of_the_future_do_not_hide_those_of_today():
    state = {}
    read(state, file("odd", day=10_000), file("a", day=10), now=START + timedelta(days=10))
    found = read(
        state,
        file("odd", day=10_000),
        file("a", day=10),
        file("b", day=11),
        now=START + timedelta(11),
    )
    assert found == ["b"]


def test_no_file_at_all_leaves_the_state_as_it_was():
    state = {}
    files = [file("a"), file("b", day=9)]
    read(state, *files)
    before = json.dumps(state)
    assert bookmark(state).is_lost
    assert read(state) == []
    assert json.dumps(state) == before
    assert read(state, *files) == []
    assert not bookmark({}).is_lost


def test_all_files_are_read_again_on_request():
    state = {}
    files = [file("a"), file("b", day=9)]
    read(state, *files)
    assert read(state, *files, again=True) == ["a", "b"]
    assert read(state, *files) == []


def test_other_parts_of_the_state_are_kept():
    state = {"version": 1, "timezone": "UTC", "account": "x", "old": {"part": 1}}
    read(state, file("a"))
    assert state.items() >= {"version": 1, "timezone": "UTC", "old": {"part": 1}}.items()


def test_a_merge_of_states_brings_nothing_back():
    """Meltano merges the state of an earlier run into that of a run with --full-refresh."""
    earlier, fresh = {}, {}
    read(earlier, *(file(f"f{number}", day=number) for number in range(9)), fail=["f1"])
    read(fresh, file("a"), lookback_days=60)
    assert {**earlier, **fresh} == fresh


@pytest.mark.parametrize(
    "part",
    [
        {"files": {}},
        {"files": [["a", 1]]},
        {"files": [["a", "1", "v"]]},
        {"unread": [1]},
        {"days": [["yesterday", 1, "00"]]},
        {"days": [["2026-08-01", 1, "xyz"]]},
        {"traces": {}},
        {"traces": [["2026-08-01", "AAA"]]},
        {"traces": [["2026-08-01", "AA#A"]]},
        {"traces": [["2026-08-01", "\u00e4"]]},
        {"traces": [["yesterday", "AAAA"]]},
        {"traces": [["2026-08-01", 1]]},
        {"through": "2026-08-01T00:00:00+00:00"},
        {"through": ["yesterday"]},
    ],
)
def test_a_state_that_cannot_be_read_is_refused(part):
    with pytest.raises(StateError, match=r"^state: its list of export files cannot be read; "):
        bookmark(part, file("a"))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_each_file_is_read_and_none_is_read_without_need(seed):
    chance = random.Random(seed)
    state, files, versions, done = {}, {}, {}, {}
    for day in range(40):
        for number in range(chance.randint(0, 4)):
            name = f"f{day}-{number}"
            files[name] = file(name, day=day + number / 10)
        for name in chance.sample(sorted(files), min(len(files), chance.randint(0, 2))):
            if chance.random() < 0.3:
                versions[name] = versions.get(name, 1) + 1
                files[name] = file(name, day=day + 0.5, version=str(versions[name]))
            elif done.get(name) == files[name].version and chance.random() < 0.3:
                del files[name]
        if chance.random() < 0.7:
            fail = {name for name in files if chance.random() < 0.1}
            before = dict(done)
            keys = read(state, *files.values(), fail=fail, now=START + timedelta(days=day + 1))
            done |= {name: files[name].version for name in keys}
            assert all(before.get(name) != files[name].version for name in keys)
            assert {*files} - fail <= {n for n in files if done.get(n) == files[n].version}
            assert not bookmark(state, *files.values()).late_days


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_to_old_files_each_is_read_as_it_is(seed):
    chance = random.Random(seed)
    state, files, done, versions = {}, {}, {}, count(2)
    for day in range(0, 40, 2):
        changed = set()
        for number in range(chance.randint(0, 5)):
            name, back = f"f{day}-{number}", chance.choice([0, 0, 0, 5, 9])
            files[name] = file(name, day=day - back + number / 10)
            changed.add(files[name].modified.date())
        for name in chance.sample(sorted(files), min(len(files), chance.randint(0, 4))):
            if chance.random() < 0.3:
                modified = files[name].modified
                files[name] = files[name]._replace(version=str(next(versions)))
                changed.add(modified.date())
            else:
                del files[name]
        now = START + timedelta(days=day + 1)
        assert {*bookmark(state, *files.values(), now=now).late_days} <= changed
        done |= {name: files[name].version for name in read(state, *files.values(), now=now)}
        assert all(done.get(name) == info.version for name, info in files.items())


def test_files_of_a_group_that_were_read_are_read_again_before_the_others():
    names = [f"17-1761651721-Charged-20251003-{number}-0.json" for number in range(3)]
    listing = [*map(file, names), file("17-1761651721-Charged-20251004-0-0.json")]
    done = {names[0], names[2], listing[3].key}
    groups = groups_to_read(listing, lambda info: info.key in done, numbered=True)
    assert [[info.key for info in groups[0].known], [info.key for info in groups[0].files]] == [
        [names[0], names[2]],
        [names[1]],
    ]
    assert len(groups) == 1
    groups = groups_to_read(listing, lambda info: info.key in done, numbered=False)
    assert [len(groups[0].known), len(groups[0].files), len(groups)] == [0, 1, 1]


def test_runs_are_read_in_the_order_of_their_times():
    listing = sorted(
        [
            file("9-1761651720-B-20251003-0-0.json", day=9),
            file("10-1761651721-A-20251003-0-0.json"),
            file("b.json", day=1),
            file("c.json", day=0.5),
            file("a/11-20251028114159-C-20251003-0-0.json"),
        ]
    )
    groups = groups_to_read(listing, lambda _: False, numbered=True)
    assert [each.files[0].key[:5] for each in groups] == [
        "a/11-",
        "9-176",
        "10-17",
        "c.jso",
        "b.jso",
    ]
