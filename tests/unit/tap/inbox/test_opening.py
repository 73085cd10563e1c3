"""What is no inbox, a newer or a damaged one is refused by name, and never changed."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing

import pytest

from tap_clevertap.errors import SettingError
from tap_clevertap.inbox.arrivals import arrival
from tap_clevertap.inbox.store import Inbox
from tap_clevertap.inbox.writer import InboxWriter


@pytest.fixture
def path(tmp_path):
    return tmp_path / "inbox.sqlite"


@pytest.fixture
def inbox(path):
    """A closed inbox with some messages, all in its file."""
    writer = InboxWriter(str(path))
    writer.store([arrival("webhook", bytes([65 + number]) * 9_000) for number in range(20)])
    writer.close()
    return path


def refused(path, text):
    before = path.read_bytes(), path.stat().st_mode
    for kind in (InboxWriter, Inbox):
        with pytest.raises(SettingError, match=text) as caught:
            kind(str(path))
        assert str(path) in caught.value.message
        assert "; " in caught.value.message
    assert (path.read_bytes(), path.stat().st_mode) == before


def change(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


@pytest.mark.parametrize(
    "content", [b"some text", b"x" * 5_000, b"SQLite format 3\0" + b"\1" * 200]
)
def test_a_file_of_something_else(path, content):
    path.write_bytes(content)
    path.chmod(0o644)
    refused(path, "is not an inbox")


def test_a_database_of_something_else(path):
    change(path, "CREATE TABLE mine (a)", "INSERT INTO mine VALUES (1)")
    path.chmod(0o644)
    refused(path, "is a database, but not an inbox")


def test_a_newer_format(inbox):
    change(inbox, "PRAGMA user_version = 2")
    refused(inbox, "is of a newer format")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE reads",
        "ALTER TABLE messages ADD COLUMN more",
        "DELETE FROM facts WHERE key = 'inbox'",
        "UPDATE facts SET value = 'x' WHERE key = 'forgotten'",
        "PRAGMA user_version = 0",
    ],
)
def test_changed_tables(inbox, statement):
    change(inbox, statement)
    refused(inbox, "is damaged")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_was_cut(inbox, share):
    content = inbox.read_bytes()
    inbox.write_bytes(content[: int(len(content) * share)])
    refused(inbox, "is damaged")


def test_a_folder(path):
    path.mkdir()
    for kind in (InboxWriter, Inbox):
        with pytest.raises(SettingError, match="inbox_path"):
            kind(str(path))


def test_a_folder_that_is_not_there(path):
    with pytest.raises(SettingError, match="there is no file or folder"):
        Inbox(str(path / "inbox.sqlite"))
    with pytest.raises(SettingError, match=r"no folder .*; make it, or fix the path"):
        InboxWriter(str(path / "inbox.sqlite"))


def test_an_empty_file_becomes_an_inbox_as_its_maker_was_killed(path):
    path.touch(mode=0o644)
    with pytest.raises(SettingError, match="is empty"):
        Inbox(str(path))
    InboxWriter(str(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Inbox(str(path)) as inbox:
        assert inbox.last_id == 0


def test_a_copy_that_others_may_read_becomes_private(inbox):
    inbox.chmod(0o644)
    with closing(InboxWriter(str(inbox))) as writer:
        writer.check()
        files = inbox.parent.glob(f"{inbox.name}*")
        assert [stat.S_IMODE(each.stat().st_mode) for each in files] == [0o600] * 3


def test_a_blank_database_becomes_an_inbox(path):
    change(path, "PRAGMA journal_mode = WAL")
    InboxWriter(str(path)).close()
    Inbox(str(path)).close()


def test_a_link_leads_to_the_file(path, tmp_path):
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    writer = InboxWriter(str(link))
    assert writer.path == path
    with Inbox(str(link)) as inbox:
        assert inbox.inbox_id == writer.inbox_id
    writer.close()


@pytest.mark.parametrize("name", ["a b?c#d%41.sqlite", "grüße.sqlite", "b'\\.sqlite"])
def test_a_name_of_any_letters(tmp_path, name):
    writer = InboxWriter(str(tmp_path / name))
    assert (tmp_path / name).exists()
    with Inbox(str(tmp_path / name)) as inbox:
        assert inbox.inbox_id == writer.inbox_id
    writer.close()
