"""Files of a local folder."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.store_claims import StoreClaims
from tests.support.files.stores import started_store

LEVELS = 1_200


@pytest.fixture(scope="module")
def store():
    with started_store("local") as started:
        yield started


class TestStore(StoreClaims):
    """What holds of every store."""


@pytest.fixture
def opened(tmp_path):
    return open_store(str(tmp_path))


def keys(opened):
    return [info.key for info in opened.list()]


def test_a_url_of_a_file_is_a_path_with_escapes(tmp_path):
    folder = tmp_path / "a b%20é"
    folder.mkdir()
    (folder / "x").write_bytes(b"1")
    assert keys(open_store(folder.as_uri())) == ["x"]
    assert keys(open_store(f"file://localhost{folder.as_uri().removeprefix('file://')}")) == ["x"]


def test_a_relative_path_begins_in_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "ev").mkdir()
    (tmp_path / "ev" / "x").write_bytes(b"1")
    monkeypatch.chdir(tmp_path)
    assert keys(open_store("ev")) == ["x"]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"/none: this folder does not exist; check"):
        list(open_store(str(tmp_path / "none")).list())


def test_links_are_followed_but_not_back_to_a_folder_above(tmp_path, opened, caplog):
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "a").write_bytes(b"1")
    (tmp_path / "day" / "up").symlink_to("..")
    (tmp_path / "day" / "self").symlink_to("self")
    (tmp_path / "file").symlink_to("day/a")
    (tmp_path / "none").symlink_to("nowhere")
    (tmp_path / "other").symlink_to("day")
    assert keys(opened) == ["day/a", "file", "other/a"]
    said = "\n".join(caplog.messages)
    assert f"{tmp_path}: skipped `day/up/`, a link back to a folder above it" in said
    assert "skipped `none`, a link that cannot be followed (No such file or directory)" in said
    assert "skipped `day/self`, a link that cannot be followed" in said


def test_pipes_are_skipped_and_never_waited_for(tmp_path, opened, caplog):
    (tmp_path / "a").write_bytes(b"1")
    os.mkfifo(tmp_path / "pipe")
    (info,) = opened.list()
    assert "skipped `pipe`, a pipe, a socket or a device" in caplog.text
    (tmp_path / "a").unlink()
    os.mkfifo(tmp_path / "a")
    with pytest.raises(FileChangedError, match="no longer a regular file"):
        opened.open(info)


def test_a_name_that_is_not_utf8_is_listed_and_its_file_unread(tmp_path, opened):
    (tmp_path / "b").write_bytes(b"1")
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "x").write_bytes(b"2")
    listed = list(opened.list())
    assert [info.key for info in listed] == ["b", r"caf\xe9/x"]
    with pytest.raises(UnreadFileError, match="has a name that is not UTF-8; rename it"):
        opened.open(listed[1])


@pytest.fixture
def shared():
    """A folder that nobody may search; those above `tmp_path` are of the tests' user alone."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_a_folder_that_may_not_be_read_is_named(shared):
    (shared / "closed").mkdir(mode=0o300)
    with as_nobody(shared), pytest.raises(StoreError) as raised:
        list(open_store(str(shared)).list())
    assert str(raised.value) == (
        f"{shared}/closed/: this folder cannot be listed (Permission denied); "
        "allow this user to read it and to search it (r and x)"
    )


def test_a_file_that_may_not_be_read_is_unread(shared):
    (shared / "closed").write_bytes(b"1")
    (shared / "closed").chmod(0)
    opened = open_store(str(shared))
    with as_nobody(shared):
        (info,) = opened.list()
        with pytest.raises(UnreadFileError, match="permission denied"):
            opened.open(info)


@pytest.mark.parametrize("change", ["grown", "cut", "same time and size"])
def test_a_file_that_changes_while_it_is_read_is_named(tmp_path, opened, change):
    path = tmp_path / "a"
    path.write_bytes(b"o" * 1_000_000)
    before = path.stat()
    (info,) = opened.list()
    with opened.open(info) as file:
        assert file.read(10) == b"o" * 10
        time.sleep(0.02)  # more than a tick of the system's clock
        with path.open("r+b") as writer:
            if change == "grown":
                writer.seek(0, os.SEEK_END)
            writer.write(b"n" * 1_000)
            if change == "cut":
                writer.truncate(500_000)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        with pytest.raises(FileChangedError, match="was changed after it was listed"):
            file.read()


@pytest.fixture
def deep():
    """A folder with so many levels that what calls itself for each would end."""
    with tempfile.TemporaryDirectory() as folder:
        place = os.open(folder, os.O_RDONLY)
        for _ in range(LEVELS):
            os.mkdir("d", dir_fd=place)
            place, above = os.open("d", os.O_RDONLY, dir_fd=place), place
            os.close(above)
        os.close(os.open("x", os.O_CREAT, dir_fd=place))
        os.close(place)
        yield folder
        subprocess.run(["/bin/rm", "-r", f"{folder}/d"], check=True)  # Python's rmtree would end


def test_deep_folders_are_listed(deep):
    assert keys(open_store(deep)) == ["d/" * LEVELS + "x"]


@contextmanager
def as_nobody(folder):
    """Give up root's rights for a while, where the tests have them."""
    if os.geteuid():
        yield
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    for place in (folder, *folder.rglob("*")):
        os.chown(place, nobody, -1)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)
