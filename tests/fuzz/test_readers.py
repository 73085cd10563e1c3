"""What others send, as it should be, as it once went wrong, and changed at random."""

from __future__ import annotations

import logging
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

from verification.fuzz.run import QUICK

CASES = sorted(Path(__file__).with_name("cases").glob("*/*"))
CHANGES = {
    "api_bodies": 600,
    "catalogs": 150,
    "configuration": 600,
    "events_csv": 1000,
    "failure_csv": 600,
    "files_csv": 400,
    "files_json": 400,
    "files_xml": 800,
    "ledger_files": 500,
    "rejects_files": 150,
    "singer_lines": 250,
    "states": 150,
    "upload_answers": 150,
}
"""How many inputs each reader is given here: about two seconds; `make fuzz` goes on."""


@pytest.fixture(autouse=True)
def quiet_and_quick(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", QUICK.get("TMPDIR"))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def reader_of(name):
    return import_module(f"verification.fuzz.readers.{name}").READER


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_what_once_went_wrong(case):
    reader_of(case.parent.name).read(case.read_bytes())


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_comes(name):
    reader = reader_of(name)
    for content in reader.seeds:
        reader.read(content)
    for seed in range(CHANGES[name]):
        content = reader.seeds[seed % len(reader.seeds)]
        for step in range(1 + seed % 3):
            content = reader.changed(content, 3 * seed + step)
        try:
            reader.read(content)
        except Exception as fault:  # noqa: BLE001 - reported with its input
            pytest.fail(f"{name}: {fault!r} for {content[:2000]!r}")


def test_every_reader_is_read_here():
    found = Path(import_module("verification.fuzz.readers").__file__).parent.glob("[a-z]*.py")
    assert {each.stem for each in found} == set(CHANGES)
