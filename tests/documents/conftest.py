"""A reader with an emulator that all pages take in turns."""

from __future__ import annotations

import json

import pytest

from tests.support.days import wait_for_a_day_with
from tests.support.forked_emulator import ForkedEmulator
from tests.support.page_reader import Reader
from tests.support.target_process import TargetProcess

SECONDS_OF_ALL = 900
"""For all pages, which share one emulator and its today."""


@pytest.fixture(scope="session")
def running_emulator():
    wait_for_a_day_with(SECONDS_OF_ALL)
    emulator = ForkedEmulator.start(days=3, events_per_day=60, users=20, preparing=0)
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator):
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def folder(tmp_path):
    """Return the folder of the reader."""
    made = tmp_path / "reader"
    made.mkdir()
    return made


@pytest.fixture
def reader(emulator, folder):
    with Reader(folder, emulator) as started:
        yield started


@pytest.fixture
def target(emulator, folder):
    return TargetProcess(emulator, folder)


@pytest.fixture
def configured(emulator, folder):
    """Write `config.json` with credentials and other settings."""

    def write(**settings):
        given = {"account_id": emulator.account_id, "passcode": emulator.passcode}
        content = {**given, "api_url": emulator.url, **settings}
        (folder / "config.json").write_text(json.dumps(content))

    return write
