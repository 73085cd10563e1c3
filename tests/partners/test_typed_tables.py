"""examples/typed-tables: typed tables in DuckDB, and dbt's marts, which the truth must equal."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.partners.marts import Expected
from tests.support.pages import block

README = "examples/typed-tables/README.md"
TODAY, DAY_BEFORE, FIRST = "2026-11-20", "2026-11-19", "2026-11-02"
ZONE = ZoneInfo("Asia/Kolkata")
ITEMS = [{"Product": "Tea", "Quantity": "2"}, {"Product": "Milk", "Quantity": 1.5}, {"Size": "L"}]
CHARGES = [
    {"Amount": "129.99", "Currency": "EUR", "Charged ID": "text", "Items": ITEMS},
    {"Amount": "129.99", "Currency": "EUR", "Charged ID": "text", "Items": ITEMS},
    {"Amount": "n/a", "Currency": "EUR", "Charged ID": 2**62 + 1, "Payment mode": "Voucher"},
    {"Amount": 1e21, "Currency": "EUR"},
    {"Amount": 0.1, "Charged ID": "it's"},
    {"Amount": 10.005, "Currency": "EUR"},
    {"Amount": 1, "Currency": "EUR", "Charged ID": 2**64 + 1},
    {"Amount": 2, "Currency": "EUR", "Charged ID": 2**64 + 2},
]
VISITS = {  # the time of each, and its session id
    "goes-on": [("10:00:00", 1), ("10:40:00", 1), ("11:09:59", None), ("11:39:59", None)],
    "ids-differ": [("10:00:00", 1), ("10:29:59", 2), ("10:59:59", 3)],
    "midnight": [("23:50:00", None), ("23:59:59", None)],
}
"""Two sessions of `goes-on`; two of `ids-differ`; one of `midnight`."""


def moment(day, time):
    return int(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZONE).timestamp())


def upload(emulator, records):
    answer = emulator.api("POST", "/1/upload", json={"d": records}).json()
    assert answer["processed"] == len(records), answer


def charge(day, number, properties, **user):
    at = moment(day, "14:00:00") + number
    return {"type": "event", "evtName": "Charged", "ts": at, "evtData": properties, **user}


def visit(day, identity):
    return [
        {
            "type": "event",
            "evtName": "Product Viewed",
            "identity": identity,
            "ts": moment(day, time),
            "evtData": {"CT Session Id": session} if session else {"Product": "Tea"},
        }
        for time, session in VISITS[identity]
    ]


def from_the_first_day(project, definition):
    project.plugin(definition, "tap-clevertap")["config"]["start_date"] = FIRST


def arguments_of(commands):
    """Return the arguments of the Meltano command at the end of a block of the README."""
    program, *arguments = commands.splitlines()[-1].split()
    assert program == "meltano"
    return arguments


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    emulator = start_emulator_for_module(
        today=TODAY, days=19, users=250, events_per_day=200, preparing=0, nested_objects=True
    )
    upload(emulator, [each for user in VISITS for each in visit("2026-11-12", user)])
    charged = enumerate(CHARGES)
    upload(emulator, [charge("2026-11-12", n, each, identity="goes-on") for n, each in charged])
    odd = {"Amount": "1e3", "Items": {"Product": "Tea"}, "Currency": "E\"U'R"}  # no upload has it
    emulator.rows("Charged", 20261112, add=2, properties=odd)
    empty = {"Amount": 3, "Charged ID": "", "Currency": ""}  # no id: each is a charge of its own
    emulator.rows("Charged", 20261113, add=2, properties=empty)
    emulator.schema("Charged", properties={"Charged ID": "Number"})  # a float has 15 digits
    return emulator


@pytest.fixture(scope="module")
def project(example, emulator):
    project = example("typed-tables", from_the_first_day)
    project.use_emulator(emulator)
    return project


class Marts:
    """The tables that dbt made."""

    def __init__(self, project):
        self.path = str(project.folder / "warehouse.duckdb")

    def query(self, statement):
        with duckdb.connect(self.path, read_only=True) as database:
            database.execute("set timezone = 'UTC'")
            return database.execute(statement).fetchall()

    def rows(self, columns, mart):
        return self.query(f"select {columns} from analytics.{mart}")

    def assert_equal(self, expected):
        self.assert_activity_equal(expected)
        columns = "local_day, currency, charges, users, amount, charges_without_amount, items"
        assert set(self.rows(columns, "revenue_daily")) == expected.revenue_daily()
        columns = "local_day, currency, product, charges, quantity"
        assert set(self.rows(columns, "revenue_items")) == expected.revenue_items()

    def assert_activity_equal(self, expected):
        users = self.rows("user_key, events, first_day, last_day", "users")
        assert (len(users), set(users)) == (len(expected.of_user), expected.users())
        columns = "user_key, local_day, seconds, events, charged_events"
        assert Counter(self.rows(columns, "sessions")) == expected.sessions()
        funnel = sorted(self.rows("step, step_name, users", "funnel"))
        assert funnel == expected.funnel()
        columns = "cohort_week, week, cohort_users, users, is_complete"
        assert set(self.rows(columns, "retention")) == expected.retention()

    def sessions(self):
        """Return the sessions of each user, and when they were computed."""
        found = {}
        for user, computed, *session in self.rows(
            "user_key, computed_at, session_key, started_at, ended_at, events", "sessions"
        ):
            found.setdefault((user, computed), set()).add(tuple(session))
        return {user: (computed, sessions) for (user, computed), sessions in found.items()}


@pytest.fixture(scope="module")
def first(project):
    """Load all but the last day."""
    return project.meltano(
        *arguments_of(block(README, "Run it", "shell")), TAP_CLEVERTAP_END_DATE=DAY_BEFORE
    )


@pytest.fixture(scope="module")
def second(first, project, emulator):
    """Let much happen, load the last day, and return the user who was anonymous before."""
    events = emulator.truth(to_day=DAY_BEFORE.replace("-", ""))["events"]
    seen = Counter(each["object_id"] for each in events if each["identity"] is None)
    device = seen.most_common(1)[0][0]
    named = {"type": "profile", "objectId": device, "profileData": {"identity": "now-known"}}
    late = charge(DAY_BEFORE, 0, {"Amount": 5, "Currency": "EUR"}, identity="goes-on")
    bought = charge(TODAY, 0, {"Amount": 7.25, "Currency": "INR"}, identity="now-known")
    upload(emulator, [named])
    upload(emulator, [late, bought, *visit(TODAY, "ids-differ")])
    emulator.schema("Charged", properties={"Payment mode": None, "Score": "String"})
    before = Marts(project).sessions()
    project.meltano(
        *arguments_of(block(README, "Events and columns that come and go", "shell")),
        TAP_CLEVERTAP_END_DATE=TODAY,
    )
    return device, before


def truth(emulator, **days):
    return Expected(emulator.truth(kind="events", **days)["events"])


def test_every_mart_is_what_the_truth_gives(first, project, emulator):
    expected = truth(emulator, to_day=DAY_BEFORE.replace("-", ""))
    assert expected.funnel()[-1][2] > 3
    assert len(expected.retention()) == 6
    sessions = Counter(user for user, *_ in expected.sessions().elements())
    visits = [sessions[f"identity:{user}"] for user in VISITS]
    assert visits == [3, 2, 1]  # the charges of goes-on are one more
    Marts(project).assert_equal(expected)


def test_dbt_tests_the_models_and_names_what_to_look_at(first):
    assert "Completed successfully" not in first.log  # as charges lack an amount
    assert re.search(r"WARN \d+ charges_without_an_amount", first.log)
    assert re.search(r"PASS=\d{2} WARN=1 ERROR=0 SKIP=0", first.log)


def test_the_query_of_the_readme_answers(first, project, emulator):
    found = Marts(project).query(block(README, "Run it", "sql"))
    expected = truth(emulator, to_day=DAY_BEFORE.replace("-", "")).revenue_daily()
    assert [row[:2] for row in found] == sorted(row[:2] for row in expected)


def test_after_the_second_day_every_mart_is_right_again(second, project, emulator):
    Marts(project).assert_equal(truth(emulator))


def test_an_identified_user_keeps_what_was_done_before(second, project):
    device, before = second
    now = Marts(project).sessions()
    assert f"device:{device}" in before
    assert f"device:{device}" not in now
    assert before[f"device:{device}"][1] <= now["identity:now-known"][1]


def test_only_sessions_of_users_with_other_events_are_computed_again(second, project, emulator):
    _, before = second
    now = Marts(project).sessions()
    again = {user for user in before.keys() & now.keys() if before[user][0] != now[user][0]}
    assert {"identity:goes-on", "identity:ids-differ"} <= again
    changed = {user for user in before.keys() & now.keys() if before[user][1] != now[user][1]}
    assert changed == again
    assert len(again) < len(now) / 2


def test_a_rebuild_changes_nothing(second, project):
    marts = Marts(project)
    before = {user: sessions for user, (_, sessions) in marts.sessions().items()}
    project.meltano(*arguments_of(block(README, "Build everything again", "shell")))
    computed = {when for when, _ in marts.sessions().values()}
    assert {user: sessions for user, (_, sessions) in marts.sessions().items()} == before
    assert len(computed) == 1


def test_a_property_that_is_not_declared_any_more_keeps_its_values(second, project, emulator):
    ((kind,),) = Marts(project).query(
        "select data_type from information_schema.columns where table_schema = 'clevertap'"
        " and table_name = 'event_charged' and column_name = 'score'"
    )
    assert kind == "VARCHAR"  # another type: the loader put the old column aside
    found = Marts(project).rows("payment_mode, count(*)", "stg_charged group by 1")
    charged = emulator.truth(kind="events", event_name="Charged")["events"]
    modes = Counter((each["event_props"] or {}).get("Payment mode") for each in charged)
    assert dict(found) == dict(modes)


BROKEN = {  # what follows the first text is left out, or the text is another
    "charges": ("qualify", None, "unique_charges_charged_id"),
    "sessions": ("{{ gap }} minute", "3 minute", "sessions_of_a_user_do_not_overlap"),
}


@pytest.mark.parametrize("model", BROKEN)
def test_a_broken_model_fails_its_test_and_the_run(second, project, model):
    file = project.folder / "transform" / "models" / "marts" / f"{model}.sql"
    working = file.read_text()
    old, new, test = BROKEN[model]
    before, _, after = working.partition(old)
    assert after
    file.write_text(before if new is None else before + new + after)
    try:
        ended = project.meltano("invoke", "dbt-duckdb", "build", "-f", "-s", model, expected=None)
    finally:
        file.write_text(working)
    assert ended.status != 0
    assert re.search(rf"FAIL \d+ {test}", ended.output + ended.log)


LEFT_OUT = {"event_search": "Search", "event_charged": "Charged"}
DROP = f"""
import duckdb, sys
with duckdb.connect(sys.argv[1]) as database:
    for each in ("schema analytics cascade", *("table clevertap." + e for e in {[*LEFT_OUT]})):
        database.execute("drop " + each)
"""


@pytest.fixture
def without_some_events(second, project):
    """Let the warehouse be as that of a CleverTap project that lacks two of the events."""
    path, whole = project.folder / "warehouse.duckdb", project.folder / "whole"
    shutil.copy(path, whole)
    of_dbt = project.folder / ".meltano" / "utilities" / "dbt-duckdb" / "venv" / "bin" / "python"
    subprocess.run([of_dbt, "-c", DROP, path], check=True)  # in the version that wrote it
    yield
    whole.replace(path)


def test_what_the_readme_sets_for_missing_events_builds_all_other_marts(
    without_some_events, project, emulator
):
    file = project.folder / "transform" / "dbt_project.yml"
    text = whole = file.read_text()
    lines = {f"  - {table}\n": "" for table in LEFT_OUT} | {"charges: true ": "charges: false "}
    for line, other in lines.items():
        assert text.count(line) == 1
        text = text.replace(line, other)
    file.write_text(text)
    try:
        ended = project.meltano("invoke", "dbt-duckdb:build")
    finally:
        file.write_text(whole)
    assert re.search(r"PASS=\d{2} WARN=0 ERROR=0 SKIP=0", ended.output + ended.log)
    events = emulator.truth(kind="events")["events"]
    there = [each for each in events if each["event_name"] not in LEFT_OUT.values()]
    marts = Marts(project)
    marts.assert_activity_equal(Expected(there))
    tables = "select table_name from information_schema.tables where table_schema = 'analytics'"
    names = [name for (name,) in marts.query(tables)]
    assert "sessions" in names
    assert not [name for name in names if "charge" in name or "revenue" in name]


def test_a_table_that_is_missing_and_named_ends_the_run(without_some_events, project):
    ended = project.meltano("invoke", "dbt-duckdb:build", expected=None)
    assert ended.status != 0
    assert "Catalog Error" in ended.output + ended.log
