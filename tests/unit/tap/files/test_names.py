"""Names of export files: which files are numbered together, and which run they are of."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from tap_clevertap.files.names import FileName, is_of_other_account, parse_name

AT = datetime(2025, 10, 28, 11, 42, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("key", "group", "export"),
    [
        ("17-1761651721-Charged-20251003-0-0.json", "17-1761651721-Charged-20251003", "17"),
        ("17-1761651721-Charged-20251003-12-23.json", "17-1761651721-Charged-20251003", "17"),
        ("17-1761651721-Charged-20251003-0-0.csv.gz", "17-1761651721-Charged-20251003", "17"),
        ("17-1761651721-Charged-20251003-0-0.parquet.gzip", "17-1761651721-Charged-20251003", "17"),
        ("17-1761651721-Charged-20251003-0-0", "17-1761651721-Charged-20251003", "17"),
        ("17-1761651721-Charged-20251003-0-0-json.gz", "17-1761651721-Charged-20251003", "17"),
        (
            "17-1761651721-A-20240101-1-20251003-0-0.json",
            "17-1761651721-A-20240101-1-20251003",
            "17",
        ),
        ("17-1761651721-2025-sale-7-20251003-0-0.json", "17-1761651721-2025-sale-7-20251003", "17"),
        ("17-1761651721-v1.2 a?b-20251003-0-0.json", "17-1761651721-v1.2 a?b-20251003", "17"),
        ("17-1761651721-a\nb-20251003-0-0.json", "17-1761651721-a\nb-20251003", "17"),
        ("17-1761651721--20251003-0-0.json", "17-1761651721--20251003", "17"),
        ("a/b//17-1761651721-X-20251003-0-0.json", "a/b//17-1761651721-X-20251003", "17"),
    ],
)
def test_files_of_events_are_in_the_group_of_their_run_event_and_day(key, group, export):
    assert parse_name(key)._replace(part="") == FileName(group, export, AT)


@pytest.mark.parametrize("ending", [".json", ".json.gz", "-json.gz", ".json.gz.1", ".json.bak", ""])
def test_a_file_with_another_ending_is_the_same_part(ending):
    assert parse_name(f"17-1761651721-A-20251003-2-0{ending}").part == "2-0"
    assert parse_name(f"17-1761651721-A-20251003-2-3{ending}").part == "2-3"


@pytest.mark.parametrize(
    "key",
    [
        "100000000-1761651721-1761651721-0.csv.gz",
        "TEST-000-0000-1761651721-1761651721-23.json.gz",
        "profile/TEST-000-0000-1761651000-1761651721-0-json.gz",
        "TEST-000-0000-12345678-1761651721-0.json.gz",
        "TEST-000-0000-20251003-1761651721-0.json.gz",
    ],
)
def test_a_file_of_profiles_is_a_group_of_its_own(key):
    found = parse_name(key)
    assert (found.group, found.run) == (key, AT)
    assert key.rpartition("/")[2].startswith(f"{found.export}-1761651721-")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "mine.json",
        "17-1761651721-Charged-20251003-0.json",
        "17-1761651721-Charged-20251399-0-0.json",
        "17-Charged-20251003-0-0.json",
        "a/17-1761651721-Charged-20251003/0-0.json",
        "_SUCCESS",
    ],
)
def test_a_name_of_another_form_is_a_group_of_its_own(key):
    assert parse_name(key) == FileName(key)


@pytest.mark.parametrize(
    ("digits", "run"),
    [
        ("1761651721", AT),
        ("1761651721000", AT),
        ("20251028114201", AT),
        ("202510281142", AT.replace(second=0)),
        ("20251028", AT.replace(hour=0, minute=0, second=0)),
        ("99999999", None),
        ("12345678901", None),
        ("99999999999999999", None),
    ],
)
def test_the_time_of_a_run_is_read_from_its_digits(digits, run):
    assert parse_name(f"17-{digits}-Charged-20251003-0-0.json").run == run


@pytest.mark.parametrize(
    ("name", "is_other"),
    [
        ("TEST-000-0000-17-1761651721-0.json.gz", False),
        ("TEST-000-0001-17-1761651721-0.json.gz", True),
        ("a/W9R-485-6Z5Z-17-1761651721-0-json.gz", True),
        ("TEST-W9R-485-6Z5Z-17-1761651721-0.csv.gz", True),
        ("100000000-17-1761651721-0.csv.gz", False),
        ("1000-000-0000-17-1761651721-0.csv.gz", False),
        ("W9R-485-6Z5Z/17-1761651721-Charged-20251003-0-0.json", False),
        ("mine.json", False),
    ],
)
def test_a_file_that_names_another_account_is_told(name, is_other):
    assert is_of_other_account(name, "test-000-0000") is is_other
