"""Frames leave as they came, in bounded memory, whatever takes them and however slowly."""

from __future__ import annotations

import os
import tempfile
import threading
from random import Random

import pytest

from tap_clevertap.files import outbox as outbox_module
from tap_clevertap.files.ends import FileEnd, Outcome
from tap_clevertap.files.errors import StoreError
from tap_clevertap.files.frames import HEADER_BYTES, LINES, Frame, read_header
from tap_clevertap.files.outbox import Outbox
from tap_clevertap.records.lines import Lines


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for each in ends:
        os.close(each)


def taken(descriptor, number):
    """Return so many frames from a pipe."""
    found = []
    with os.fdopen(os.dup(descriptor), "rb") as file:
        for _ in range(number):
            kind, records, length = read_header(file.read(HEADER_BYTES))
            found.append(Frame(kind, records, file.read(length)))
    return found


def no_room(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("room", ["much", "little", "none"])
def test_frames_leave_as_they_came(pipe, monkeypatch, room):
    monkeypatch.setattr(outbox_module, "FILE_BYTES", 20_000)
    if room == "none":
        monkeypatch.setattr(tempfile, "TemporaryFile", no_room)
    most = {"much": 1 << 30, "little": 50_000, "none": 1 << 30}[room]
    random = Random(7)
    frames = [
        Frame(LINES, number, random.randbytes(random.randrange(9_000))) for number in range(300)
    ]
    box = Outbox(pipe[1], memory_limit=10_000, most_spooled=most)
    putting = threading.Thread(target=lambda: [box.put(frame) for frame in frames], daemon=True)
    putting.start()
    if room == "much":
        putting.join(10)  # nothing is taken yet
        assert not putting.is_alive()
        assert box._in_memory <= 20_000
    assert taken(pipe[0], len(frames)) == frames
    putting.join(10)
    box.flush()
    assert not box._waiting


def test_parts_and_errors_are_the_same_again(now):
    end = FileEnd(("a", 1, "v", now), Outcome.UNREAD, "events", 7, 1, "is cut; copy it")
    for part in (Lines(b"{}\n{}\n", 2), end):
        assert Frame.of(part).part() == part
    with pytest.raises(StoreError, match=r"^gone$"):
        Frame.of_error(StoreError("gone")).part()


@pytest.fixture
def now():
    return 1_761_651_721
