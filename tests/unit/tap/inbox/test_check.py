"""What a check says about the inbox."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tap_clevertap.check.findings import CODES
from tap_clevertap.check.inbox import inbox_findings
from tap_clevertap.inbox.arrivals import arrival
from tap_clevertap.inbox.store import Inbox
from tap_clevertap.inbox.writer import InboxWriter

DAY_MS = 86_400_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "inbox.sqlite"


@pytest.fixture
def inbox(path):
    writer = InboxWriter(str(path))
    writer.store([arrival("webhook", b"%d" % number) for number in range(3)])
    writer.close()
    return path


def found(path, **config):
    findings = [*inbox_findings(config, str(path))]
    assert all(each.code in ("ok", *CODES[each.check]) for each in findings)
    return [(each.check, each.code, each.ok) for each in findings]


def words(path, **config):
    return " ".join(map(str, inbox_findings(config, str(path))))


SECRET = ("inbox_access", "ok", True)
NO_SECRET = ("inbox_access", "no_secret", True)


def test_nothing_is_said_where_nothing_is_about_an_inbox(path):
    assert found(path, select=["campaigns"], inbox_token="") == []


def test_an_inbox_that_is_not_there_is_a_fault_only_where_it_is_read(path):
    secret = {"inbox_token": "t"}
    assert found(path, **secret) == [("inbox", "no_inbox", True), SECRET]
    assert found(path, select=["webhook_messages"]) == [("inbox", "no_inbox", False), NO_SECRET]
    assert not path.exists()


def test_messages_are_counted_and_the_newest_has_an_age(inbox):
    assert found(inbox) == [("inbox", "ok", True), NO_SECRET]
    assert "messages in it: 3; the newest is less than a minute old" in words(inbox)
    with closing(sqlite3.connect(inbox, isolation_level=None)) as database:
        database.execute("UPDATE messages SET received_at = received_at - ?", (2 * DAY_MS + 5,))
    assert "the newest is 2 days old" in words(inbox)


def test_forgotten_messages_are_not_counted(inbox):
    with Inbox(str(inbox)) as opened:
        opened.note_read(2, 1)
        opened.forget(1)
    assert "messages in it: 1;" in words(inbox)
    with Inbox(str(inbox)) as opened:
        opened.note_read(3, 1)
        opened.forget(1)
    assert found(inbox)[0] == ("inbox", "no_messages", True)


def test_a_file_that_is_no_inbox_is_a_fault(path):
    path.write_text("of somebody")
    assert found(path)[0] == ("inbox", "unusable", False)


def test_half_a_secret_is_a_fault_and_no_secret_is_shown(inbox):
    config = {"inbox_password": "hunter2"}
    assert found(inbox, **config)[1] == ("inbox_access", "wrong_settings", False)
    assert "hunter2" not in words(inbox, **config)
