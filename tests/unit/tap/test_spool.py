from __future__ import annotations

import os
import stat
import tempfile
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tap_clevertap.exports import spool as spool_module
from tap_clevertap.exports.export import EVENTS, Export, ExportOptions, Page
from tap_clevertap.exports.spool import Spool
from tap_clevertap.exports.windows import Window

OPTIONS = ExportOptions(page_size=5000, not_ready_patience=900, zone=ZoneInfo("UTC"))
EXPORT = Export(EVENTS, "Charged", Window(date(2026, 8, 1), date(2026, 8, 7)), OPTIONS)


def page(rows: bytes, walk: int = 0) -> Page:
    return Page(EXPORT, walk, rows, ended=not rows)


@pytest.mark.parametrize("seed", range(3))
def test_pages_leave_as_they_came_whether_in_memory_or_spooled(seed):
    random = Random(seed)
    spool = Spool(memory_limit=1000)
    put, taken = [], []
    for number in range(500):
        came = page(random.randbytes(random.randrange(0, 400)), walk=number)
        put.append(came)
        spool.put(came)
        while len(spool) and random.random() < 0.45:
            taken.append(spool.pop())
    while len(spool):
        taken.append(spool.pop())
    spool.close()
    assert taken == put


def test_the_spool_is_for_its_owner_only_and_shrinks_when_it_is_read():
    spool = Spool(memory_limit=10)
    spool.put(page(b"in memory"))
    spool.put(page(b"in the file"))
    descriptor = spool._file._file.fileno()
    assert stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o600
    assert os.fstat(descriptor).st_size == len(b"in the file")
    spool.pop()
    assert spool.pop().rows == b"in the file"
    assert os.fstat(descriptor).st_size == 0
    spool.close()


def test_a_spool_that_never_empties_gives_its_disk_back(monkeypatch):
    monkeypatch.setattr(spool_module, "FILE_BYTES", 1000)
    files, make = [], tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: files.append(make()) or files[-1])
    spool = Spool(memory_limit=0)
    spool.put(page(b"x" * 100))
    for _ in range(200):
        spool.put(page(b"x" * 100))
        spool.pop()
        held = [os.fstat(file.fileno()).st_size for file in files if not file.closed]
        assert sum(held) <= 2 * 1000
    assert len(files) >= 20
    spool.close()
    assert all(file.closed for file in files)
