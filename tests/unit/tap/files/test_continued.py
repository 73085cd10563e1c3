"""An object is read exactly, wherever its connections break."""

from __future__ import annotations

import io
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.store import FileInfo
from tap_clevertap.files.stores.continued import MOST_BREAKS, BrokenOffError, ContinuedReader
from tap_clevertap.files.stores.listing import in_order
from tap_clevertap.files.stores.location import read_location
from tap_clevertap.files.stores.parts import PART, Parts

REASON = "cut"
CONTENT = bytes(range(256)) * 4


class Breaking:
    """A body that breaks after some bytes, with an error or without one."""

    def __init__(self, rest, bytes_left, *, with_error=True):
        self._rest = io.BytesIO(rest[:bytes_left])
        self._breaks = bytes_left < len(rest)
        self._with_error = with_error
        self.is_closed = False

    def read(self, size):
        some = self._rest.read(size)
        if not some and self._breaks and self._with_error:
            raise BrokenOffError(REASON)
        return some

    def close(self):
        self.is_closed = True


def reader(content, breaks, *, size=None, with_error=True):
    bodies, left = [], iter(breaks)

    def request(offset):
        bodies.append(Breaking(content[offset:], next(left, 1 << 30), with_error=with_error))
        return bodies[-1]

    length = len(content) if size is None else size
    return ContinuedReader(request, length, pause=lambda _: 0), bodies


@given(
    breaks=st.lists(st.integers(0, 300), max_size=MOST_BREAKS - 1),
    at_a_time=st.integers(1, 500),
    with_error=st.booleans(),
)
def test_every_byte_comes_once(breaks, at_a_time, with_error):
    file, bodies = reader(CONTENT, breaks, with_error=with_error)
    with io.BufferedReader(file, at_a_time) as buffered:
        assert b"".join(iter(lambda: buffered.read(at_a_time), b"")) == CONTENT
    assert all(body.is_closed for body in bodies)


def test_a_break_after_the_last_byte_is_its_end():
    file, bodies = reader(CONTENT + b"?", [len(CONTENT)], size=len(CONTENT))
    assert io.BufferedReader(file).read() == CONTENT
    assert len(bodies) == 1


def test_breaks_in_a_row_end_the_file():
    file, bodies = reader(CONTENT, [1] * 100)
    with pytest.raises(UnreadFileError, match=r"9 times in a row at byte 9 of 1024 \(cut\)"):
        io.BufferedReader(file).read()
    assert len(bodies) == MOST_BREAKS


def test_breaks_with_progress_between_them_do_not():
    content = bytes(1 << 20) * (MOST_BREAKS + 3)
    file, bodies = reader(content, [1 << 20] * (MOST_BREAKS + 2))
    assert io.BufferedReader(file, 1 << 18).read() == content
    assert len(bodies) == MOST_BREAKS + 3


@pytest.mark.parametrize("size", [0, 1, len(CONTENT) - 1])
def test_more_bytes_than_were_listed_are_a_change(size):
    file, _ = reader(CONTENT, [], size=size)
    with pytest.raises(FileChangedError, match="more bytes than were listed"):
        io.BufferedReader(file).read()


@pytest.mark.parametrize("offset", [0, 1, PART - 1, PART, PART + 1])
def test_parts_are_asked_for_one_after_another(offset):
    content = bytes(PART) + CONTENT
    asked = []

    def request(first, count):
        asked.append((first, count))
        return content[first : first + count]

    parts = Parts(request, offset, len(content))
    assert b"".join(iter(lambda: parts.read(1_000_000), b"")) == content[offset:]
    assert asked[0] == (offset, min(PART, len(content) - offset))
    assert sum(count for _, count in asked) == len(content) - offset


@pytest.mark.parametrize("sent", [0, 9, 11])
def test_a_part_of_another_length_is_a_change(sent):
    parts = Parts(lambda _, __: bytes(sent), 0, 10)
    with pytest.raises(FileChangedError, match=f"came with {sent} bytes from byte 0 on, where 10 "):
        parts.read(10)


@pytest.mark.parametrize("keys", [["b", "a"], ["a", "a"], ["", ""]])
def test_a_listing_that_is_not_sorted_is_refused(keys):
    now = datetime.now(timezone.utc)
    files = [FileInfo(key, 1, "v", now) for key in keys]
    with pytest.raises(StoreError, match="s3://b/ev/: the store lists"):
        list(in_order(files, read_location("s3://b/ev")))
