"""The part of a receipt about export files: what is missing is a gap, and names are text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from tap_clevertap.files.ends import FileEnd, Outcome
from tap_clevertap.files.store import FileInfo
from tap_clevertap.receipt.files import FilesResult
from tap_clevertap.receipt.page import receipt_page
from tap_clevertap.receipt.receipt import Receipt
from tap_clevertap.receipt.report import receipt_json
from tests.support.receipts import EVIL_NAMES, FACTS, receipt

INFO = FileInfo("a.json", 10, "1", datetime(2026, 8, 1, tzinfo=timezone.utc))


def ended(**end):
    result = FilesResult()
    result.take(FileEnd(INFO, **end))
    return result


def test_a_file_that_was_read_counts_with_its_rows():
    result = ended(outcome=Outcome.READ, kind="events", rows=7, bad_rows=2)
    found = result.as_json("exported_events")
    assert [found[name] for name in ("read", "rows", "skipped_rows")] == [1, 7, 2]
    assert not result.has_gap


def test_a_file_of_the_other_kind_counts_as_that_alone():
    assert ended(outcome=Outcome.OTHER_KIND, kind="profiles") == FilesResult(other_kind=1)


@pytest.mark.parametrize(
    ("outcome", "part", "is_gap"),
    [(Outcome.UNREAD, "unread", False), (Outcome.CHANGED, "changed", True)],
)
def test_a_file_that_was_not_read_is_named(outcome, part, is_gap):
    result = ended(outcome=outcome, rows=7, reason="is cut: it ends early; copy it again")
    assert list(getattr(result, part)) == ["a.json"]
    assert result.read == 0
    whole = Receipt(files={"exported_events": result})
    assert whole.has_gap == is_gap  # a run with an unread file fails, which is more than a gap


def test_the_json_has_all_and_no_part_without_files():
    facts = replace(FACTS, files={"exported_events": ended(outcome=Outcome.READ, rows=1)})
    (found,) = json.loads(receipt_json({}, facts))["files"]
    assert found["stream"] == "exported_events"
    assert "files" not in json.loads(receipt_json({}, FACTS))


def test_names_from_outside_are_text_on_the_page():
    result = FilesResult(
        unread=dict.fromkeys(EVIL_NAMES, EVIL_NAMES[0]),
        changed=[*EVIL_NAMES],
        replaced=[*EVIL_NAMES],
        late_days=["2026-08-01"],
        odd_runs=[EVIL_NAMES[1]],
    )
    page = receipt_page({}, replace(FACTS, files={"exported_events": result})).decode()
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "2026-08-01" in page
    assert "No day of any event was read." not in page


def test_the_page_has_days_and_files_of_a_run_with_both():
    facts = replace(FACTS, files={"exported_events": FilesResult(read=3)})
    page = receipt_page(receipt(["Charged"], 3), facts).decode()
    assert "Export files" in page
    assert "Calendar" in page
