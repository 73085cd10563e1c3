"""Reading an inbox, and forgetting what a state proved as delivered."""

from __future__ import annotations

import sqlite3

import pytest

from tap_clevertap.errors import SettingError
from tap_clevertap.inbox.arrivals import arrival
from tap_clevertap.inbox.store import MOST_BYTES, Inbox
from tap_clevertap.inbox.writer import InboxWriter

HOUR_MS = 3_600_000


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "inbox.sqlite")


@pytest.fixture
def filled(path):
    writer = InboxWriter(path)
    writer.store([arrival("webhook", b"%d" % number) for number in range(1, 11)])
    yield path
    writer.close()


def bodies(inbox, after=0, limit=100):
    return [each.body for each in inbox.messages_after(after, limit)]


def test_messages_are_read_in_order_a_limited_number_at_a_time(filled):
    with Inbox(filled) as inbox:
        assert bodies(inbox, 0, 3) == [b"1", b"2", b"3"]
        assert bodies(inbox, 3, 100) == [b"%d" % number for number in range(4, 11)]
        assert bodies(inbox, 10) == []
        assert inbox.last_id == 10


def test_messages_of_many_bytes_are_read_one_by_one(path):
    writer = InboxWriter(path)
    writer.store([arrival("webhook", bytes([number]) * (MOST_BYTES + 1)) for number in b"ab"])
    with Inbox(path) as inbox:
        assert [each.id for each in inbox.messages_after(0, 100)] == [1]
        assert [each.id for each in inbox.messages_after(1, 100)] == [2]
    writer.close()


def test_what_a_state_proved_long_ago_is_forgotten(filled):
    with Inbox(filled) as inbox:
        inbox.note_read(4, 1 * HOUR_MS)
        inbox.note_read(7, 3 * HOUR_MS)
        assert inbox.forget(1 * HOUR_MS - 1) == 0
        assert inbox.forget(2 * HOUR_MS) == 4
        assert (inbox.forgotten, inbox.last_id) == (4, 10)
        assert bodies(inbox)[0] == b"5"
        assert inbox.forget(2 * HOUR_MS) == 0
        assert inbox.forget(3 * HOUR_MS) == 3


def test_an_emptied_inbox_keeps_its_last_id(filled):
    with Inbox(filled) as inbox:
        inbox.note_read(10, 1)
        inbox.forget(1)
        assert (inbox.forgotten, inbox.last_id, bodies(inbox)) == (10, 10, [])


def test_a_state_that_stands_still_proves_what_it_proved_at_first(filled):
    with Inbox(filled) as inbox:
        inbox.note_read(4, 1)
        inbox.note_read(4, 2)
        inbox.note_read(4, 2 * HOUR_MS)
        assert inbox.forget(1) == 4


def test_many_runs_leave_one_note_an_hour(filled):
    with Inbox(filled) as inbox:
        for number in range(1, 10):
            inbox.note_read(number, number)
        inbox.note_read(10, HOUR_MS)
    with sqlite3.connect(filled) as database:
        assert database.execute("SELECT * FROM reads").fetchall() == [(9, 9), (10, HOUR_MS)]
    database.close()


def test_an_older_state_does_not_undo_a_note(filled):
    with Inbox(filled) as inbox:
        inbox.note_read(9, 1)
        inbox.note_read(3, 2)
        assert inbox.forget(2) == 9


def test_more_than_one_transaction_is_forgotten(path):
    writer = InboxWriter(path)
    writer.store([arrival("webhook", b"%d" % number) for number in range(1_200)])
    with Inbox(path) as inbox:
        inbox.note_read(1_150, 1)
        assert inbox.forget(1) == 1_150
        assert len(bodies(inbox, limit=1_000)) == 50
    writer.close()


def test_the_id_of_an_inbox_stays(filled):
    with Inbox(filled) as first, Inbox(filled) as second:
        assert first.inbox_id == second.inbox_id


def test_no_inbox_is_made_by_reading(path):
    with pytest.raises(SettingError, match="start `tap-clevertap receive`"):
        Inbox(path)
    with pytest.raises(SettingError, match="inbox_path"):
        Inbox("\0")


def test_damage_that_is_met_while_reading_is_named(filled):
    with sqlite3.connect(filled) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    with Inbox(filled) as inbox:
        database = sqlite3.connect(filled)
        database.execute("DELETE FROM facts")
        database.commit()
        database.close()
        with pytest.raises(SettingError, match="is damaged"):
            _ = inbox.forgotten


def test_an_inbox_that_may_only_be_read_is_refused(filled):
    with Inbox(filled) as inbox:
        inbox.check_writable()
        inbox._database.execute("PRAGMA query_only = 1")  # as for a user without the permission
        with pytest.raises(SettingError, match="this user may read and write it and its folder"):
            inbox.check_writable()


@pytest.mark.parametrize(
    "change",
    ["body = 'text'", "received_at = 'x'", "received_at = 1 << 60", "digest = 5", "ordinal = 'x'"],
)
def test_a_message_that_no_receiver_stored_so_is_named(filled, change):
    with sqlite3.connect(filled) as database:
        database.execute(f"UPDATE messages SET {change} WHERE id = 2")  # noqa: S608 - ours
    database.close()
    with Inbox(filled) as inbox, pytest.raises(SettingError, match="is damaged"):
        inbox.messages_after(0, 10)
