"""`examples/audiences`: CleverTap has what the view has, and only changes are requests."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.example_copies import for_the_project

if TYPE_CHECKING:
    from tests.support.page_reader import Reader

ROOT = Path(__file__).parents[3]
PROPERTIES = ("Lifetime Value", "Orders in 90 Days", "Tier", "Churn Score", "Winback")
USERS = 12
MORE = "insert into shop.customers select 'more-' || n, now() from generate_series(1, 2500) n"


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=1, users=1)


@pytest.fixture(scope="module")
def reader(reading, postgres, emulator) -> Reader:
    variables = {"PGPORT": postgres.port, "TARGET_CLEVERTAP_API_URL": emulator.url}
    reader = reading(ROOT / "examples" / "audiences", emulator, **variables)
    reader.run("examples/audiences/README.md", "Set up")
    return reader


@pytest.fixture(scope="module")
def run(reader, emulator):
    """Return what follows a block of the README, and returns its requests and its log."""

    blocks = {
        "look": lambda: reader.run("examples/audiences/README.md", "Look first"),
        "run": lambda: reader.run("examples/audiences/README.md", "Run"),
        "change": lambda: reader.run("examples/audiences/README.md", "Run", "shell", 2),
    }

    def follow(name):
        before = len(emulator.requests()["requests"])
        ended = blocks[name]()
        return len(emulator.requests()["requests"]) - before, ended.log

    return follow


def in_warehouse(postgres):
    """Return the view's rows by user, without what nobody has."""
    return {
        identity: {
            name: value for name, value in zip(PROPERTIES, values, strict=True) if value is not None
        }
        for identity, *values in postgres.query("table audiences.users")
    }


def in_clevertap(emulator, users):
    """Return the properties of users, numbers as exact as the warehouse has them."""
    found = {}
    for user in users:
        answer = emulator.api("GET", "/1/profile.json", params={"identity": user}).json()
        data = answer["record"]["profileData"]
        found[user] = {
            name: Decimal(str(value)) if type(value) in {int, float} else value
            for name, value in data.items()
        }
    return found


def are_equal(emulator, postgres):
    expected = in_warehouse(postgres)
    return in_clevertap(emulator, expected) == expected


@pytest.fixture(scope="module")
def first(run, emulator):
    requests, log = run("look")
    assert (requests, emulator.uploads()["profiles"]) == (0, [])
    assert f"profiles: {USERS}" in log
    return run("run")


def test_the_first_round_sends_everybody(first, emulator, postgres):
    assert "delivered 12, " in first[1]
    assert are_equal(emulator, postgres)
    tiers = [each.get("Tier") for each in in_warehouse(postgres).values()]
    assert {"gold", "silver", None} == set(tiers)


def test_a_round_without_a_change_has_no_request(first, run):
    requests, log = run("run")
    assert requests == 0
    assert "unchanged 12 (not sent)" in log


@pytest.fixture(scope="module")
def left(first, run):
    return run("change")


def test_who_leaves_an_audience_loses_the_property_and_who_enters_has_it(left, emulator, postgres):
    requests, log = left
    assert requests == 1
    assert "delivered 2, " in log
    assert are_equal(emulator, postgres)
    found = in_clevertap(emulator, ["customer-1", "customer-12"])
    assert found["customer-1"] == {"Lifetime Value": 0, "Orders in 90 Days": 0, "Winback": False}
    assert found["customer-12"]["Tier"] == "gold"


def test_a_round_with_many_new_users_and_few_changes_takes_few_requests(
    left, run, emulator, postgres
):
    postgres.query(MORE)
    postgres.query("update shop.orders set total = total + 1 where customer_id = 'customer-2'")
    requests, log = run("run")
    assert "delivered 2501, " in log
    assert requests == 3
    assert are_equal(emulator, postgres)


def test_the_commands_that_compare_show_the_same(left, reader):
    output = reader.run("examples/audiences/README.md", "Is it right?").output
    assert output.count("gold") >= 2


def test_after_the_trial_the_project_gets_all_users(
    left, reader, postgres, start_emulator_for_module
):
    project = start_emulator_for_module(days=1, users=1, account_id="TEST-000-0001")
    folder = Path(reader.type("pwd").output.strip())
    for_the_project(folder, TARGET_CLEVERTAP_ACCOUNT_ID=project.account_id)
    reader.run("examples/audiences/README.md", "For the real CleverTap")
    assert reader.type("env | grep _API_URL || true").output == ""
    reader.type(f"export TARGET_CLEVERTAP_API_URL={project.url}")  # where CleverTap itself is
    reader.run("examples/audiences/README.md", "Run")
    assert are_equal(project, postgres)
