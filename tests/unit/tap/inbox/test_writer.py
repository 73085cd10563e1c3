"""Writing an inbox: each message once, and all of a transaction or nothing."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tap_clevertap.errors import SettingError
from tap_clevertap.inbox.arrivals import arrival
from tap_clevertap.inbox.clock import InboxClock
from tap_clevertap.inbox.store import Inbox
from tap_clevertap.inbox.writer import REPEATED_MS, InboxWriter

START = 1_700_000_000_000


class Hands:
    """A clock whose two times a test sets."""

    def __init__(self):
        self.wall, self.elapsed = START, 5_000

    def pass_by(self, ms):
        self.wall += ms
        self.elapsed += ms

    def clock(self):
        return InboxClock(lambda: self.wall, lambda: self.elapsed)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "inbox.sqlite")


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def writer(path, hands):
    found = InboxWriter(path, hands.clock())
    yield found
    found.close()


def store(writer, *bodies, source="webhook"):
    return [
        (each.id, each.is_repeated)
        for each in writer.store([arrival(source, body) for body in bodies])
    ]


def ordinals(path):
    with Inbox(path) as inbox:
        return [(each.id, each.ordinal) for each in inbox.messages_after(0, 100)]


def test_equal_bodies_within_ten_minutes_are_one_message(writer, hands):
    assert store(writer, b"a", b"b", b"a") == [(1, False), (2, False), (1, True)]
    hands.pass_by(REPEATED_MS)
    assert store(writer, b"a") == [(1, True)]


def test_equal_bodies_further_apart_are_two(writer, hands, path):
    store(writer, b"a")
    hands.pass_by(REPEATED_MS + 1)
    assert store(writer, b"a", b"a") == [(2, False), (2, True)]
    assert ordinals(path) == [(1, 0), (2, 1)]


def test_a_repetition_does_not_lengthen_the_ten_minutes(writer, hands):
    store(writer, b"a")
    hands.pass_by(REPEATED_MS - 1)
    assert store(writer, b"a") == [(1, True)]
    hands.pass_by(2)
    assert store(writer, b"a") == [(2, False)]


@pytest.mark.parametrize("hours", [-48, -1, 1, 48])
def test_a_clock_that_is_set_changes_no_age(writer, hands, hours):
    store(writer, b"a", b"b")
    hands.pass_by(60_000)
    hands.wall += hours * 3_600_000
    assert store(writer, b"a") == [(1, True)]
    hands.pass_by(REPEATED_MS - 59_999)
    assert store(writer, b"b") == [(3, False)]
    assert store(writer, b"b") == [(3, True)]


def test_a_clock_that_was_set_back_between_two_receivers_hides_nothing_for_long(path, hands):
    first = InboxWriter(path, hands.clock())
    store(first, b"a")
    first.close()
    hands.wall -= 24 * 3_600_000
    second = InboxWriter(path, hands.clock())
    assert store(second, b"a") == [(2, False)]
    second.close()


def test_the_source_tells_equal_bodies_apart(writer):
    store(writer, b"{}")
    assert store(writer, b"{}", source="eventbridge") == [(2, False)]


def test_an_event_of_a_known_id_is_one_message_at_any_time(writer, hands):
    first, again = b'{"id": "e-1", "time": "1"}', b'{"id": "e-1", "time": "2"}'
    store(writer, first, source="eventbridge")
    hands.pass_by(10 * REPEATED_MS)
    taken = writer.store([arrival("eventbridge", first), arrival("eventbridge", again)])
    assert [(each.id, each.has_other_body) for each in taken] == [(1, False), (1, True)]


@pytest.mark.parametrize("body", [b"[]", b"no JSON", b'{"id": 7}', b'{"id": ""}', b"[" * 100_000])
def test_what_has_no_id_is_known_by_its_body(writer, hands, body):
    assert store(writer, body, body, source="eventbridge") == [(1, False), (1, True)]
    hands.pass_by(REPEATED_MS + 1)
    assert store(writer, body, source="eventbridge") == [(2, False)]


def test_an_ordinal_never_comes_again_after_forgetting(writer, hands, path):
    store(writer, b"a", b"b", b"c")
    hands.pass_by(REPEATED_MS + 1)
    store(writer, b"a")
    with Inbox(path) as inbox:
        inbox.note_read(4, 1)
        inbox.forget(1)
    assert store(writer, b"a") == [(5, False)]
    assert ordinals(path) == [(5, 4)]


def test_two_writers_share_an_inbox(writer, path, hands):
    other = InboxWriter(path, hands.clock())
    assert store(writer, b"a") == [(1, False)]
    assert store(other, b"a", b"b") == [(1, True), (2, False)]
    assert store(writer, b"b") == [(2, True)]
    other.close()


def test_only_the_owner_may_read_the_files(writer, path):
    store(writer, b"a")
    files = [Path(path + end) for end in ("", "-wal", "-shm")]
    assert [each.stat().st_mode & 0o777 for each in files] == [0o600] * 3


def test_a_transaction_that_fails_stores_nothing(writer, path):
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON messages WHEN NEW.body = CAST('bad' AS BLOB) "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    database.close()
    with pytest.raises(SettingError, match="make room on its disk"):
        store(writer, b"a", b"bad")
    assert store(writer, b"b") == [(1, False)]


@pytest.mark.parametrize(
    "change", ["DELETE FROM facts", "UPDATE messages SET received_at = 'x', ordinal = 'x'"]
)
def test_content_that_something_else_changed_is_named(writer, path, change):
    store(writer, b"a")
    with sqlite3.connect(path) as database:
        database.execute(change)
    database.close()
    for _ in range(2):
        with pytest.raises(SettingError, match="is damaged"):
            store(writer, b"a", b"b")


def test_another_process_that_keeps_the_inbox_locked_is_named(writer, path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    with pytest.raises(SettingError, match="end the process that keeps it locked"):
        store(writer, b"a")
    database.execute("ROLLBACK")
    database.close()
    assert store(writer, b"a") == [(1, False)]


@pytest.mark.parametrize("what", ["", "-wal"])
def test_a_removed_file_is_not_written(writer, path, what):
    store(writer, b"a")
    Path(path + what).unlink()
    with pytest.raises(SettingError, match="removed, replaced or emptied"):
        store(writer, b"b")
    store(writer, b"b")
    assert store(writer, b"b")[0][1]
    with Inbox(path) as inbox:
        assert b"b" in [each.body for each in inbox.messages_after(0, 10)]


def test_a_replaced_file_is_not_written_and_then_used(writer, path, tmp_path):
    store(writer, b"a")
    former = writer.inbox_id
    other = InboxWriter(str(tmp_path / "other.sqlite"))
    other.close()
    (tmp_path / "other.sqlite").rename(path)
    with pytest.raises(SettingError, match="removed, replaced or emptied"):
        store(writer, b"b")
    assert store(writer, b"b") == [(1, False)]
    assert writer.inbox_id != former


def test_a_file_that_was_moved_away_keeps_all_its_messages(writer, path, tmp_path):
    store(writer, b"a")
    Path(path).rename(tmp_path / "moved.sqlite")
    with pytest.raises(SettingError, match="removed, replaced or emptied"):
        store(writer, b"b")
    store(writer, b"c")
    with Inbox(str(tmp_path / "moved.sqlite")) as inbox:
        assert [each.body for each in inbox.messages_after(0, 10)] == [b"a", b"b"]
    with Inbox(path) as inbox:
        assert [each.body for each in inbox.messages_after(0, 10)] == [b"c"]


def test_an_emptied_file_is_not_written(writer, path):
    store(writer, b"a" * 10_000)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint")
    database.close()
    store(writer, b"b")
    os.truncate(path, 0)
    with pytest.raises(SettingError, match="inbox_path"):
        store(writer, b"c")


def test_a_removed_folder_is_named_until_it_is_there_again(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    writer = InboxWriter(str(folder / "inbox.sqlite"))
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    for _ in range(2):
        with pytest.raises(SettingError, match="inbox_path"):
            store(writer, b"a")
    folder.mkdir()
    assert store(writer, b"a") == [(1, False)]
    writer.close()


def test_a_check_writes(writer, path):
    writer.check()
    Path(path).unlink()
    with pytest.raises(SettingError, match="removed"):
        writer.check()
