"""`examples/postgres`: its README, from the set-up to the correction of a reject.

The loads at large are in `taps/test_postgres_in.py` and `targets/test_postgres_out.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.support.example_copies import for_the_project
from tests.support.pages import section

if TYPE_CHECKING:
    from tests.support.page_reader import Reader

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=3, users=50, events_per_day=200)


@pytest.fixture(scope="module")
def reader(reading, postgres, emulator) -> Reader:
    urls = dict.fromkeys(("TAP_CLEVERTAP_API_URL", "TARGET_CLEVERTAP_API_URL"), emulator.url)
    reader = reading(ROOT / "examples" / "postgres", emulator, PGPORT=postgres.port, **urls)
    reader.run("examples/postgres/README.md", "Set up")
    return reader


def test_out_each_event_is_there_once(reader, emulator, postgres):
    reader.run("examples/postgres/README.md", "Out")
    counts = postgres.query("select count(*), count(distinct event_key) from clevertap.events")
    total = len(emulator.truth()["events"])
    assert counts == [(total, total)]


@pytest.fixture(scope="module")
def refused(reader, emulator):
    reader.run("examples/postgres/README.md", "In", expected=1)
    assert emulator.uploads()["counts"]["events"] == 0
    return reader.run("examples/postgres/README.md", "In", "shell", 2).output


def stored(emulator, kind):
    return {each["record"]["identity"]: each["record"] for each in emulator.uploads()[kind]}


def test_in_all_but_the_reject_arrive(refused, emulator):
    assert "515" in refused
    profiles = stored(emulator, "profiles")
    assert {identity: each["profileData"] for identity, each in profiles.items()} == {
        "customer-1": {"Name": "Zoë", "Email": "zoe@example.org", "Lifetime Value": 840.0}
    }
    assert stored(emulator, "events")["customer-1"]["evtData"] == {
        "Amount": 840.0,
        "Currency": "INR",
        "Charged ID": 1,
        "Items": [{"Product": "Assam", "Quantity": 2, "Price": 420}],
    }


def test_in_a_corrected_row_arrives_and_no_order_is_charged_again(refused, reader, emulator):
    log = reader.run("examples/postgres/README.md", "In", "shell", 3).log
    counts = re.search(r"delivered \d+, already delivered \d+", log)
    assert counts is not None
    shown = section("examples/postgres/README.md", "In")
    assert all(f"`{each}`" in shown for each in counts[0].split(", "))
    uploads = emulator.uploads()
    assert stored(emulator, "profiles")["customer-2"]["profileData"]["Email"] == "li@example.org"
    assert uploads["counts"]["events"] == 2
    reader.run("examples/postgres/README.md", "Is it right?")


def charged(emulator):
    events = emulator.uploads()["events"]
    return sorted(each["record"]["evtData"]["Charged ID"] for each in events)


ORDER = "insert into shop.orders values ({}, 'customer-1', 1, 'INR', null, now(), now())"


def test_an_order_that_is_committed_after_a_later_one_was_read_is_not_lost(
    refused, reader, emulator, postgres
):
    folder = Path(reader.type("pwd").output.strip())
    before = charged(emulator)
    with psycopg.connect(postgres._address("analytics")) as slow:
        slow.execute(ORDER.format(10))
        postgres.query(ORDER.format(11))
        future = ORDER.format(12).replace("now())", "now() + interval '1 year')")
        postgres.query(future)
        reader.type("meltano run in")
    assert charged(emulator) == before
    path = folder / "meltano.yml"
    path.write_text(path.read_text().replace("'5 minutes'", "'0 minutes'"))  # they are over
    reader.type("meltano run in")
    assert charged(emulator) == [*before, 10, 11]


def test_rows_written_while_the_clock_was_set_back_are_read(refused, reader, emulator, postgres):
    """In Berlin 02:30 comes twice on this day: the second one is later, and smaller as text."""
    postgres.query("alter database analytics set timezone = 'Europe/Berlin'")
    for number, moment in ((20, "2025-10-26 00:30+00"), (21, "2025-10-26 01:10+00")):
        values = f"{number}, 'customer-1', 1, 'INR', null, '{moment}', '{moment}'"
        postgres.query(f"insert into shop.orders values ({values})")
    reader.type("meltano run --full-refresh in")
    assert {20, 21} <= {*charged(emulator)}
    assert len(charged(emulator)) == len({*charged(emulator)})


ACCOUNTS = ("TAP_CLEVERTAP_ACCOUNT_ID", "TARGET_CLEVERTAP_ACCOUNT_ID")


def test_after_the_trial_the_project_gets_all_rows_and_gives_its_own(
    refused, reader, start_emulator_for_module, emulator, postgres
):
    project = start_emulator_for_module(days=2, users=5, account_id="TEST-000-0001")
    folder = Path(reader.type("pwd").output.strip())
    (folder / "clevertap-rejects.jsonl").touch()
    for_the_project(folder, **dict.fromkeys(ACCOUNTS, project.account_id))
    reader.run("examples/postgres/README.md", "For the real CleverTap")
    assert reader.type("env | grep _API_URL || true").output == ""
    assert not [*folder.glob("clevertap-rejects*")]
    urls = ("TAP_CLEVERTAP_API_URL", "TARGET_CLEVERTAP_API_URL")  # where CleverTap itself is
    reader.type("".join(f"export {each}={project.url}\n" for each in urls))
    reader.type("meltano run in")
    assert charged(project) == charged(emulator)
    assert stored(project, "profiles").keys() == stored(emulator, "profiles").keys()
    reader.type("meltano run out")
    total = len(project.truth(from_day="20260801")["events"])
    assert postgres.query("select count(*) from clevertap.events") == [(total,)]


def test_a_user_of_the_loaded_tables_can_be_erased(reader, emulator, postgres):
    """The example of erasure starts from these tables."""
    privacy = ROOT / "examples" / "erasure" / "privacy.sql"
    ((user, device),) = postgres.query(
        "select identity, object_ids[1] from clevertap.profiles"
        " where identity in (select identity from clevertap.events) limit 1"
    )
    own = f"select count(*) from clevertap.events where identity = '{user}'"
    rest = f"select count(*) from clevertap.events where identity is distinct from '{user}'"
    of_others = postgres.query(rest)
    anonymous = f"""
        insert into clevertap.events (event_key, event_name, event_time, object_id)
            values ('a', 'Search', '2026-01-01', '{device}');
        insert into clevertap.profiles (profile_key, object_ids, seen_through)
            values ('b', array['{device}'], '2026-01-01')"""
    postgres.query(privacy.read_text())
    postgres.query(anonymous)
    postgres.query(f"insert into privacy.requests values ('R-1', '{user}', now())")
    assert postgres.query(own) > [(0,)]
    postgres.query("call privacy.erase_copy()")
    assert postgres.query(own) == [(0,)]
    assert postgres.query(rest) == of_others
    left = f"select count(*) from clevertap.profiles where '{device}' = any(object_ids)"
    assert postgres.query(left) == [(0,)]
    counted = "select profiles_in_copy from privacy.proof"
    assert postgres.query(counted) == [(2,)]
