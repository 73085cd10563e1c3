"""Guides into CleverTap: nothing that another tool delivered is sent again, and all else is."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.forked_emulator import forked_emulators
from tests.support.migrated_writers import (
    CUSTOMERS,
    ORDERS,
    PURCHASES,
    SEGMENT,
    USERS,
    charged,
    customer_row,
    moment,
    order_row,
    profiles_of,
    purchase_row,
    take_over,
    times_of,
    user_row,
    warehouse_row,
    without_region,
)
from tests.support.migration_tables import DuckTables
from tests.support.migrations import PROJECT, WORLD, plugins, read, upload
from tests.support.page_reader import Reader
from tests.support.pages import ROOT, block, documented, every
from tests.support.target_process import TargetProcess

OWNER = (ROOT / "hub" / "OWNER").read_text().strip().lower()


@pytest.fixture
def start():
    with forked_emulators() as start_one:
        yield lambda: start_one(**{**WORLD, "events_per_day": 1, "users": 2})


@pytest.fixture
def live(start):
    return start()


def parts():
    """Return the plugins of this project in all YAML blocks of the guides."""
    blocks = [
        *every("docs/taking-over.md", "yaml"),
        *every("docs/migrate-hevo.md", "yaml"),
        *every("docs/migrate-segment.md", "yaml"),
        *every("docs/migrate-rudderstack.md", "yaml"),
        *every("docs/migrate-ingestr.md", "yaml"),
        *every("docs/migrate-scripts.md", "yaml"),
    ]
    found = [yaml.safe_load(each.text).get("plugins", {}) for each in blocks]
    listed = [(kind, each) for of_block in found for kind in of_block for each in of_block[kind]]
    return [(kind, each) for kind, each in listed if each.get("pip_url", "").startswith("git+")]


def test_the_plugins_of_the_guides_are_those_of_the_hub():
    assert len(parts()) == 7
    for kind, plugin in parts():
        name = plugin["name"]
        hub = yaml.safe_load((ROOT / f"hub/_data/meltano/{kind}/{name}/{OWNER}.yml").read_text())
        same = ("namespace", "pip_url", "executable", "capabilities", "log_parser")
        assert {key: plugin.get(key) for key in same} == {key: hub[key] for key in same}
        assert plugin["commands"] == {key: each["args"] for key, each in hub["commands"].items()}
        settings = {each["name"]: each for each in hub["settings"]}
        for setting in plugin["settings"]:
            is_secret = settings[setting["name"]].get("sensitive", False)
            assert setting.get("sensitive", False) == is_secret
        assert plugin["config"].keys() <= settings.keys()


def target_of(emulator, folder):
    folder.mkdir(exist_ok=True)
    return TargetProcess(emulator, folder)


def sent_by(target, name="Charged ID"):
    return times_of(target.emulator, name)


def stream_of_rows(stream, rows):
    head, *_ = stream
    return [head, *({"type": "RECORD", "stream": head["stream"], "record": row} for row in rows)]


def test_after_segment_each_order_is_there_once(live, tmp_path):
    tables = DuckTables()
    rows = [warehouse_row(number) for number in range(25)]
    tables.make("shop_production.order_completed", SEGMENT, rows)
    users = [user_row(number) for number in range(7)]
    tables.make("shop_production.users", USERS, users)
    upload(live, [charged(number) for number in range(20)])
    orders = tables.stream("shop_production.order_completed", SEGMENT, "uuid_ts", "id")
    people = tables.stream("shop_production.users", USERS, "uuid_ts", "id")
    text = block("docs/migrate-segment.md", "The new pipeline", "yaml")
    target = target_of(live, tmp_path / "live")
    left = {
        "shop_production-order_completed": "events: 5",
        "shop_production-users": "profiles: 1",
    }
    take_over(target, text, [*orders, *people], left=left)
    assert sent_by(target) == {f"o-{number}": 1 for number in range(25)}
    assert profiles_of(live) == ["user-6"]
    changed = stream_of_rows(people, [{**user_row(3), "plan": "gold"}])
    base = without_region(plugins(text, target.folder)["target-clevertap"])
    assert target.run(changed, **base).status == 0
    assert profiles_of(live) == ["user-6", "user-3"]


def test_a_week_of_segment_and_the_pipeline_is_compared(live, start, tmp_path):
    trial = start()
    tables = DuckTables()
    rows = [warehouse_row(number) for number in range(10)]
    tables.make("shop_production.order_completed", SEGMENT, rows)
    upload(live, [charged(number) for number in range(10) if number != 4] + [charged(7)])
    orders = tables.stream("shop_production.order_completed", SEGMENT, "uuid_ts", "id")
    text = block("docs/migrate-segment.md", "The new pipeline", "yaml")
    target = target_of(trial, tmp_path / "trial")
    base = without_region(plugins(text, tmp_path)["target-clevertap"])
    assert target.run(orders, **base).status == 0
    for schema, emulator in (("live", live), ("trial", trial)):
        tables.load(schema, read(emulator))
    (query,) = every("docs/migrate-segment.md", "sql")
    assert tables.run(query.text) == [("o-4", 0, 1), ("o-7", 2, 1)]


def test_after_rudderstack_only_lost_and_new_orders_are_sent(live, tmp_path):
    tables = DuckTables()
    rows = [warehouse_row(number) for number in range(25)]
    rows += [{**rows[at], "id": f"nameless-{at}", "checkout_id": None} for at in (19, 24)]
    tables.make("rudder.order_completed", SEGMENT, rows)
    batch = [charged(0), charged(1), {**charged(2), "evtName": ""}]
    assert upload(live, batch)["processed"] == 2  # RudderStack marks all three as failed
    upload(live, batch[:2])  # so it sends the two again
    without_id = {**charged(19), "evtData": {"Amount": 19.5}}
    upload(live, [*(charged(number) for number in range(3, 20)), without_id])
    tables.load("clevertap", read(live))
    view, counts = every("docs/migrate-rudderstack.md", "sql")
    tables.run(view.text)
    late = [(f"o-{number}", 0) for number in range(20, 25)]
    assert tables.run(counts.text) == [("o-0", 2), ("o-1", 2), ("o-2", 0), *late]
    kinds = {**SEGMENT, "_sdc_in_clevertap": "boolean"}
    orders = tables.stream("rudder.order_completed_to_send", kinds, "uuid_ts", "")
    text = block("docs/migrate-rudderstack.md", "The new pipeline", "yaml")
    target = target_of(live, tmp_path / "live")
    tables.make("rudder.users", USERS, [user_row(number) for number in range(7)])
    people = tables.stream("rudder.users", USERS, "uuid_ts", "id")
    left = {"rudder-order_completed_to_send": "events: 7", "rudder-users": "profiles: 1"}
    take_over(target, text, [*orders, *people], left=left)
    assert profiles_of(live) == ["user-6"]
    expected = {f"o-{number}": 1 for number in range(25)} | {"o-0": 2, "o-1": 2}
    expected[None] = 2  # of the orders without an id, RudderStack's and the one after the switch
    assert sent_by(target) == expected
    assert not [each for each in live.uploads()["events"] if "_sdc_in_clevertap" in str(each)]


def test_after_ingestr_only_rows_after_its_last_interval_are_sent(live, tmp_path):
    tables = DuckTables()
    rows = [purchase_row(number) for number in range(25)]
    switch = {**purchase_row(25), "purchased_at": "2026-09-01T00:00:00+00:00"}
    tables.make("analytics.purchases", PURCHASES, [*rows, switch])
    # each column but identity and time under its own name, as ingestr does it
    sent_before = [*range(5), *range(6, 20), 9, 25]  # both ends of its intervals are included
    old = [charged(number) | {"evtData": {"id": number, "total": 9.5}} for number in sent_before]
    upload(live, old)
    tables.load("clevertap", read(live))
    *_, counts = every("docs/migrate-ingestr.md", "sql")
    late = [(number, 0) for number in range(20, 25)]
    assert tables.run(counts.text) == [(5, 0), (9, 2), *late]
    sent = tables.stream("analytics.purchases", PURCHASES, "purchased_at", "id")
    text = block("docs/migrate-ingestr.md", "Into: the moment of the switch", "yaml")
    target = target_of(live, tmp_path / "live")
    tables.make("analytics.customers", CUSTOMERS, [customer_row(number) for number in range(7)])
    people = tables.stream("analytics.customers", CUSTOMERS, "updated_at", "user_id")
    left = {"analytics-purchases": "events: 5", "analytics-customers": "profiles: 1"}
    take_over(target, text, [*sent, *people], left=left)
    assert profiles_of(live) == ["user-6"]
    assert sent_by(target, "id") == {
        number: {5: 0, 9: 2}.get(number, 1) for number in range(26) if number != 5
    }


def test_a_loop_that_uploads_loses_and_doubles_and_the_pipeline_does_not(live, tmp_path):
    folder = tmp_path / "script"
    folder.mkdir()
    tables = DuckTables()
    rows = [{**order_row(number), "placed_at": moment(0)} for number in range(250)]
    late = {**order_row(250), "placed_at": moment(30)}
    (folder / "orders.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    live.faults(
        [
            {"match": {"kind": "upload", "number": 1}, "action": {"record_code": {"5": 512}}},
            {"match": {"kind": "upload", "number": 2}, "action": {"cut": "after"}},
        ]
    )
    with Reader(folder, live, replacements={'"…"': '"{passcode}"'}) as reader:
        text = block("docs/migrate-scripts.md", "A loop that uploads", "python")
        (folder / "upload.py").write_text(reader.as_run(text))
        shown = reader.type("python upload.py").output
    live.faults([])
    assert sum(int(line.split()[1]) for line in shown.splitlines()) == 250
    expected = {f"o-{number}": 1 + (100 <= number < 200) for number in range(250) if number != 4}
    assert times_of(live) == expected
    archived = {**order_row(251), "placed_at": "2026-07-01T10:00:00+00:00"}
    tables.make("shop.orders", ORDERS, [*rows, late, archived])
    tables.load("clevertap", read(live, **documented("docs/taking-over.md", "Ask CleverTap")))
    view, counts = every("docs/taking-over.md", "sql")
    tables.run(view.text)
    assert {number: times for number, times in tables.run(counts.text) if times == 0} == {
        "o-4": 0,
        "o-250": 0,
    }
    kinds = {**ORDERS, "_sdc_in_clevertap": "boolean"}
    sent = tables.stream("shop.orders_to_send", kinds, "placed_at", "")
    text = block("docs/migrate-scripts.md", "Move the loop that uploads", "yaml")
    asked = documented("docs/taking-over.md", "Ask CleverTap", number=2)
    both = plugins(text, folder)
    assert asked.items() <= both["target-clevertap--taking-over"].items()
    target = target_of(live, tmp_path / "live")
    take_over(target, text, sent, left={"shop-orders_to_send": "events: 2"})
    assert sent_by(target) == {**expected, "o-4": 1, "o-250": 1}


def test_the_three_runs_of_taking_over_under_meltano(live, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    whole = yaml.safe_load(block("docs/taking-over.md", "How to take over", "yaml"))
    definition = {**PROJECT, **whole}
    for loader in definition["plugins"]["loaders"]:
        loader.pop("pip_url", None)
    tap = {"name": "tap-postgres", "namespace": "tap_postgres", "executable": "./print-it"}
    definition["plugins"]["extractors"] = [tap]
    (folder / "meltano.yml").write_text(yaml.safe_dump(definition, sort_keys=False))
    (folder / "print-it").write_text("#!/bin/sh\ncat input.singer\n")
    (folder / "print-it").chmod(0o755)
    tables = DuckTables()
    rows = [order_row(number) for number in range(25)]
    tables.make("shop.orders", ORDERS, rows)
    sent = tables.stream("shop.orders", ORDERS, "placed_at", "id")
    (folder / "input.singer").write_text("".join(json.dumps(each) + "\n" for each in sent))
    upload(live, [charged(number) for number in range(20)])
    environment = {
        "TARGET_CLEVERTAP_ACCOUNT_ID": live.account_id,
        "TARGET_CLEVERTAP_PASSCODE": live.passcode,
        "TARGET_CLEVERTAP_API_URL": live.url,
    }
    with Reader(folder, live, **environment) as reader:
        noted = reader.run("docs/taking-over.md", "How to take over")
        shown = reader.run("docs/taking-over.md", "How to take over", number=2)
        reader.run("docs/taking-over.md", "How to take over", number=3)
    assert "25 records came, 20 are noted as delivered" in noted.log
    assert "25 records came, 5 would be delivered" in shown.log
    assert times_of(live) == {f"o-{number}": 1 for number in range(25)}
