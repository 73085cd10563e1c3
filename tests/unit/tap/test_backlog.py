from __future__ import annotations

import os
import stat
import tempfile
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tap_clevertap.exports import spool as backlog_module
from tap_clevertap.exports.export import EVENTS, Export, Page, Terms
from tap_clevertap.exports.spool import Backlog
from tap_clevertap.exports.windows import Window

TERMS = Terms(page_size=5000, not_ready_patience=900, zone=ZoneInfo("UTC"))
EXPORT = Export(EVENTS, "Charged", Window(date(2026, 8, 1), date(2026, 8, 7)), TERMS)


def page(rows: bytes, walk: int = 0) -> Page:
    return Page(EXPORT, walk, rows, ended=not rows)


@pytest.mark.parametrize("seed", range(3))
def test_pages_leave_as_they_came_whether_in_memory_or_spooled(seed):
    random = Random(seed)
    backlog = Backlog(memory_bound=1000)
    put, taken = [], []
    for number in range(500):
        came = page(random.randbytes(random.randrange(0, 400)), walk=number)
        put.append(came)
        backlog.put(came)
        while len(backlog) and random.random() < 0.45:
            taken.append(backlog.take())
    while len(backlog):
        taken.append(backlog.take())
    backlog.close()
    assert taken == put


def test_the_spool_is_for_its_owner_only_and_shrinks_when_it_is_read():
    backlog = Backlog(memory_bound=10)
    backlog.put(page(b"in memory"))
    backlog.put(page(b"in the file"))
    descriptor = backlog._spool._file.fileno()
    assert stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o600
    assert os.fstat(descriptor).st_size == len(b"in the file")
    backlog.take()
    assert backlog.take().rows == b"in the file"
    assert os.fstat(descriptor).st_size == 0
    backlog.close()


def test_a_backlog_that_never_empties_gives_its_disk_back(monkeypatch):
    monkeypatch.setattr(backlog_module, "SPOOL_BYTES", 1000)
    files, make = [], tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: files.append(make()) or files[-1])
    backlog = Backlog(memory_bound=0)
    backlog.put(page(b"x" * 100))
    for _ in range(200):
        backlog.put(page(b"x" * 100))
        backlog.take()
        held = [os.fstat(file.fileno()).st_size for file in files if not file.closed]
        assert sum(held) <= 2 * 1000
    assert len(files) >= 20
    backlog.close()
    assert all(file.closed for file in files)
