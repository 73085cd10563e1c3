"""`examples/erasure`: who asked is gone from CleverTap and the copy, and a file proves it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.errors import CheckViolation

from tests.support.example_copies import for_the_project

if TYPE_CHECKING:
    from tests.support.page_reader import Reader

ROOT = Path(__file__).parents[3]
COPIED = "select count(*) from clevertap.events where identity = '{}' or object_id = 'device-1'"
SECOND = """
insert into privacy.requests values
    ('R-2', 'customer-1', now()), ('R-3', 'nobody: "\\é', now()), ('R-4', 'customer-2', now());
"""
LOADED_AGAIN = """
insert into clevertap.events values
    ('anonymous-1', 'Search', '2026-07-31', null, null, 'device-1'),
    ('again-1', 'Charged', '2026-08-01', 'customer-1', null, 'device-1'),
    ('later-1', 'Charged', '2100-01-01', 'customer-1', null, 'device-1'),
    ('mail-1', 'Charged', '2026-08-01', 'a@example.org', '{a@example.org,customer-1}', 'device-7');
insert into clevertap.profiles values
    ('back', 'customer-1', null, '{device-1}'),
    ('before', null, null, '{device-1}'),
    ('mail', 'a@example.org', '{a@example.org,customer-1}', '{device-7}'),
    ('nobody', null, null, '{device-9}');
"""


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    emulator = start_emulator_for_module(days=1, users=1)
    for number in range(1, 5):
        upload(emulator, f"customer-{number}")
    return emulator


@pytest.fixture(scope="module")
def reader(reading, postgres, emulator) -> Reader:
    variables = {"PGPORT": postgres.port, "TARGET_CLEVERTAP_API_URL": emulator.url}
    reader = reading(ROOT / "examples" / "erasure", emulator, **variables)
    reader.run("examples/erasure/README.md", "Set up")
    return reader


def upload(emulator, user):
    profile = {"type": "profile", "identity": user, "profileData": {"Plan": "gold"}}
    emulator.api("POST", "/1/upload", json={"d": [profile]}).raise_for_status()


def is_known(emulator, user):
    return emulator.api("GET", "/1/profile.json", params={"identity": user}).status_code == 200


def deleted(emulator):
    return [each["value"] for each in emulator.calls()["deleted"]]


def proof(reader):
    path = Path(reader.type("pwd").output.strip()) / "proof.csv"
    assert "customer" not in path.read_text()
    with path.open() as lines:
        return {row["request_id"]: row for row in csv.DictReader(lines)}


def came_back(reader):
    output = reader.run("examples/erasure/README.md", "Look first", "shell", 2).output
    return set(re.findall(r"\bR-\d\b", output))


@pytest.fixture(scope="module")
def first(reader, emulator):
    log = reader.run("examples/erasure/README.md", "Look first").log
    assert "deletions: 1" in log
    ended = reader.type("meltano run erase", expected=1)
    assert "confirm_deletes" in ended.log
    assert deleted(emulator) == []
    assert came_back(reader) == set()
    reader.run("examples/erasure/README.md", "Run")
    return reader.run("examples/erasure/README.md", "Prove it").output


def test_a_user_is_gone_from_both_and_the_others_are_not(first, emulator, postgres, reader):
    assert deleted(emulator) == ["customer-1"]
    assert [is_known(emulator, f"customer-{n}") for n in range(1, 5)] == [False, True, True, True]
    assert postgres.query(COPIED.format("customer-1")) == [(0,)]
    assert postgres.query("select count(*) from clevertap.events") == [(10,)]
    assert postgres.query("select count(*) from clevertap.profiles") == [(3,)]


def test_the_proof_has_when_it_was_accepted_and_what_was_deleted(first, reader):
    assert "`customer-1`: deleted at" in first
    (row,) = proof(reader).values()
    assert row["accepted_by_clevertap"]
    assert (row["events_in_copy"], row["profiles_in_copy"]) == ("4", "1")


@pytest.fixture(scope="module")
def second(first, reader, emulator, postgres):
    """The user came back; then the same user, an unknown one and another one ask."""
    upload(emulator, "customer-1")
    postgres.query(LOADED_AGAIN)
    reader.run("examples/erasure/README.md", "Run")
    assert deleted(emulator) == ["customer-1"]
    assert is_known(emulator, "customer-1")


def test_who_came_back_stays_and_what_was_loaded_again_does_not(second, postgres):
    assert postgres.query(COPIED.format("customer-1")) == [(1,)]
    keys = "select profile_key from clevertap.profiles where length(profile_key) < 32"
    assert {key for (key,) in postgres.query(keys)} == {"back", "nobody"}
    assert postgres.query("select count(*) from clevertap.profiles") == [(5,)]


def test_rows_from_before_the_identity_and_under_another_one_are_gone(second, postgres):
    rest = "select count(*) from clevertap.events where event_key in ('mail-1', 'anonymous-1')"
    assert postgres.query(rest) == [(0,)]
    before = "select count(*) from clevertap.profiles where profile_key in ('before', 'mail')"
    assert postgres.query(before) == [(0,)]


@pytest.mark.parametrize("user", ["", " ", "customer-3 ", "\tcustomer-3", "x" * 1025])
def test_a_user_whom_clevertap_would_refuse_is_no_request(first, postgres, user):
    with pytest.raises(CheckViolation):
        postgres.query(f"insert into privacy.requests values ('R-9', '{user}', now())")


@pytest.fixture(scope="module")
def third(second, reader, emulator, postgres):
    postgres.query(SECOND)
    missing = reader.run("examples/erasure/README.md", "Prove it", "shell", 2).output
    assert missing.split() == ["R-2", "R-3", "R-4"]
    assert came_back(reader) == {"R-2"}  # of 2100; R-1 of the same user is accepted
    reader.run("examples/erasure/README.md", "Run")


def test_requests_that_come_twice_or_are_of_an_unknown_user_are_in_the_proof(
    third, reader, emulator, postgres
):
    assert sorted(deleted(emulator)) == sorted(
        ["customer-1", "customer-1", "customer-2", 'nobody: "\\é']
    )
    assert not is_known(emulator, "customer-1")
    reader.run("examples/erasure/README.md", "Prove it")
    rows = proof(reader)
    assert all(row["accepted_by_clevertap"] for row in rows.values())
    assert rows["R-2"]["accepted_by_clevertap"] > rows["R-1"]["accepted_by_clevertap"]
    assert {name: row["events_in_copy"] for name, row in rows.items()} == {
        "R-1": "7",
        "R-2": "0",
        "R-3": "0",
        "R-4": "3",
    }
    assert reader.run("examples/erasure/README.md", "Prove it", "shell", 2).output == ""
    assert came_back(reader) == set()
    assert postgres.query(COPIED.format("customer-1")) == [(1,)]  # of 2100: the copy keeps it


def test_after_the_trial_nothing_of_it_is_sent_or_proved(
    third, reader, postgres, start_emulator_for_module
):
    project = start_emulator_for_module(days=1, users=1, account_id="TEST-000-0001")
    folder = Path(reader.type("pwd").output.strip())
    for_the_project(folder, TARGET_CLEVERTAP_ACCOUNT_ID=project.account_id)
    reader.run("examples/erasure/README.md", "For the real CleverTap")
    assert reader.type("env | grep _API_URL || true").output == ""
    missing = reader.run("examples/erasure/README.md", "Prove it", "shell", 2).output
    assert missing.split() == ["R-2", "R-3", "R-4"]
    reader.type("psql -v ON_ERROR_STOP=1 -q -f proof.sql", expected=3)  # no file yet
    reader.type("psql -v ON_ERROR_STOP=1 -q -f copy.sql -f privacy.sql")  # as a load and the step
    reader.type(f"export TARGET_CLEVERTAP_API_URL={project.url}")  # where CleverTap itself is
    reader.run("examples/erasure/README.md", "Run")
    assert sorted(deleted(project)) == ["customer-1", "customer-2", 'nobody: "\\é']
    reader.type("psql -v ON_ERROR_STOP=1 -q -f proof.sql")
    rows = proof(reader)
    assert rows.keys() == {"R-2", "R-3", "R-4"}
    receipts = [json.loads(line) for line in accepted(folder, project)]
    assert postgres.query("select count(*) from privacy.receipts") == [(len(receipts),)]
    assert all(row["accepted_by_clevertap"] for row in rows.values())


def accepted(folder, emulator):
    path = folder / f"clevertap-deletes-{emulator.account_id}.jsonl"
    return path.read_text().splitlines()
