"""`examples/orders`: each order is charged once, whatever becomes of its row and of a run."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.page_reader import Reader

ROOT = Path(__file__).parents[3]
ORDERS = 2500
MANY = f"""
insert into shop.orders
select
    'B-' || n, 'customer-' || n % 700, 'paid', 'INR', n,
    timestamp '2026-08-03' + n * interval '1 minute'
from generate_series(1, {ORDERS}) n;
insert into shop.order_lines select 'B-' || n, 1, 'Assam', 1, n from generate_series(1, {ORDERS}) n;
"""
LATER = """
update shop.orders set status = 'shipped' where order_no like 'B-1%';
update shop.orders set total = total + 0.5 where order_no in ('B-7', 'B-8');
update shop.orders set status = 'cancelled' where order_no = 'B-9';
update shop.order_lines set quantity = 3 where order_no = 'B-10';
"""
PROPERTY = "            Reason: reason"
RUN, FORCED = "meltano run orders", "meltano run --force orders"


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=1, users=1)


@pytest.fixture(scope="module")
def reader(reading, postgres, emulator) -> Reader:
    variables = {"PGPORT": postgres.port, "TARGET_CLEVERTAP_API_URL": emulator.url}
    reader = reading(ROOT / "examples" / "orders", emulator, **variables)
    reader.run("examples/orders/README.md", "Set up")
    return reader


@pytest.fixture(scope="module")
def folder(reader):
    return Path(reader.type("pwd").output.strip())


def stored(emulator):
    return [each["record"] for each in emulator.uploads(kind="events")["events"]]


def charged(emulator):
    """Return how often each order was charged."""
    events = [each for each in stored(emulator) if each["evtName"] == "Charged"]
    return Counter(each["evtData"]["Charged ID"] for each in events)


def revenue(emulator):
    """Return what CleverTap's events of each order come to."""
    sums = defaultdict(Decimal)
    for each in stored(emulator):
        sign = -1 if each["evtName"] == "Order Refunded" else 1
        sums[each["evtData"]["Charged ID"]] += sign * Decimal(str(each["evtData"]["Amount"]))
    return dict(sums)


def owed(postgres):
    """Return what the shop has of each order, less its refunds."""
    statement = """
        select o.order_no, case o.status when 'cancelled' then 0 else o.total end - coalesce(
            (select sum(r.amount) from shop.refunds r where r.order_no = o.order_no), 0)
        from shop.orders o where o.status <> 'open'"""
    return dict(postgres.query(statement))


@contextmanager
def started(reader, command, ending):
    """Start a run, and end all of its processes by a signal when the block ends."""
    pid = int(reader.type(f"setsid {command} > run.log 2>&1 & echo $!").output)
    try:
        yield
    finally:
        os.killpg(pid, ending)
        reader.type(f"wait {pid}", expected=None)


def wait_for(is_so):
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.1)
    message = "the run sent nothing"
    raise AssertionError(message)


@pytest.fixture(scope="module")
def first(reader, emulator):
    return reader.run("examples/orders/README.md", "Run").log


def test_a_dry_run_shows_what_is_sent_then(first):
    assert first.index("the first 2 of 2") < first.index("delivered 2, ")


def test_orders_are_charged_with_items_in_the_currency_and_moment_of_the_shop(first, emulator):
    by_number = {each["evtData"]["Charged ID"]: each for each in stored(emulator)}
    assert by_number.keys() == {"A-1", "A-2"}
    assert by_number["A-1"] == {
        "type": "event",
        "evtName": "Charged",
        "identity": "customer-1",
        "ts": 1785523500,  # 2026-07-31T18:45:00Z, in Kolkata a quarter past midnight
        "evtData": {
            "Amount": 840.0,
            "Currency": "INR",
            "Charged ID": "A-1",
            "Items": [
                {"Product": "Assam", "Quantity": 2, "Price": 300.0},
                {"Product": "Mug", "Quantity": 1, "Price": 240.0},
            ],
        },
    }
    assert by_number["A-2"]["evtData"]["Currency"] == "USD"


@pytest.fixture(scope="module")
def second(first, reader, emulator):
    reader.run("examples/orders/README.md", "Run", "shell", 2)


def test_a_correction_and_a_refund_are_events_of_their_own(second, emulator):
    later = [each for each in stored(emulator) if each["evtName"] != "Charged"]
    assert {each["evtName"]: each["evtData"] for each in later} == {
        "Order Corrected": {
            "Amount": -60.0,
            "Currency": "INR",
            "Charged ID": "A-1",
            "Reason": "paid",
        },
        "Order Refunded": {
            "Amount": 5.0,
            "Currency": "USD",
            "Charged ID": "A-2",
            "Reason": "broken",
        },
    }


@pytest.fixture(scope="module")
def killed(second, reader, emulator, postgres):
    """Two runs over many orders: one is terminated, one killed while a request is in flight."""
    postgres.query(MANY)
    before = emulator.uploads(limit=1)["counts"]["events"]
    with started(reader, RUN, signal.SIGTERM):
        wait_for(lambda: emulator.uploads(limit=1)["counts"]["events"] > before)
    postgres.query(LATER)
    postgres.query(MANY.replace("B-", "C-"))
    emulator.faults(
        [
            {"match": {"kind": "upload", "number": 1}, "action": {"delay": 60}},  # is stored
            {"match": {"kind": "upload"}, "action": {"delay_effect": 60}},  # is not
        ]
    )
    with started(reader, FORCED, signal.SIGKILL):
        wait_for(lambda: min(emulator.fired()) > 0 and emulator.fired()[1] > 2)
    postgres.query(LATER)
    emulator.clear_faults()
    return reader.type(FORCED, expected=1)


RUNS = 3


def uncertain(folder):
    """Return the numbers of orders among the rejects, which all have this code."""
    path = folder / "clevertap-rejects.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    records = [each for each in lines if each["type"] == "RECORD"]
    assert {each["code"] for each in records} == {"uncertain"}
    return Counter(each["record"]["order_no"] for each in records)


def test_no_kill_doubles_an_order_and_what_is_uncertain_is_a_reject(
    killed, emulator, reader, folder
):
    counts = charged(emulator)
    assert set(counts.values()) == {1}
    rejects = uncertain(folder)
    assert max(rejects.values()) <= RUNS  # a run that is ended may leave a line of its own
    assert set(rejects) & set(counts)  # only a look shows which of them are there
    assert set(rejects) - set(counts)
    orders = {f"{shop}-{number}" for shop in "BC" for number in range(1, ORDERS + 1)}
    assert counts.keys() | rejects.keys() == orders | {"A-1", "A-2"}
    summary = reader.run("examples/orders/README.md", "After a kill").output
    assert "uncertain" in summary


def arrived(emulator, postgres, rejected):
    """Return the keys of rejects that CleverTap has: as many of an event as it has too many."""
    there = Counter(
        (each["evtName"], each["evtData"]["Charged ID"], Decimal(str(each["evtData"]["Amount"])))
        for each in stored(emulator)
    )
    events = postgres.query(
        "select event_name, order_no, amount, event_key from clevertap.order_events"
    )
    there.subtract(
        (name, order, amount) for name, order, amount, key in events if key not in rejected
    )
    for name, order, amount, key in events:
        if key in rejected and there[name, order, amount] > 0:
            there[name, order, amount] -= 1
            yield key


@pytest.fixture(scope="module")
def settled(killed, emulator, postgres, reader, folder):
    """What is uncertain was looked up, and what is missing was sent."""
    lines = (folder / "clevertap-rejects.jsonl").read_text().splitlines()
    records = [each["record"] for each in map(json.loads, lines) if each["type"] == "RECORD"]
    found = arrived(emulator, postgres, {each["event_key"] for each in records})
    (folder / "arrived.txt").write_text("".join(f'"{each}"\n' for each in found))
    reader.run("examples/orders/README.md", "After a kill", "shell", 2)
    reader.type(FORCED)  # Meltano refuses for five minutes after a kill


def test_each_order_is_charged_once_and_the_sums_are_those_of_the_shop(
    settled, emulator, postgres, reader
):
    assert set(charged(emulator).values()) == {1}
    assert revenue(emulator) == owed(postgres)
    assert "Order Corrected" in reader.run("examples/orders/README.md", "Is it right?").output


def test_a_full_second_run_after_a_new_property_sends_nothing_twice(
    settled, emulator, reader, folder
):
    before = len(stored(emulator))
    path = folder / "meltano.yml"
    text = path.read_text()
    path.write_text(text.replace(PROPERTY, PROPERTY + "\n            Key: event_key"))
    assert path.read_text() != text
    ended = reader.type("meltano run --force --full-refresh orders")
    assert "delivered 0, " in ended.log
    assert len(stored(emulator)) == before


@pytest.mark.parametrize(
    ("arrived_keys", "left"),
    [
        (["order B.1", "order C/1"], ["order B-1", "order B.11"]),
        ([], ["order B-1", "order B.1", "order B.11", "order C/1"]),
        (["order B-1", "order B.1", "order B.11", "order C/1"], []),
    ],
)
def test_only_what_arrived_is_taken_out_of_the_rejects(tmp_path, arrived_keys, left):
    keys = ["order B-1", "order B.1", "order B.11", "order C/1"]
    folder = tmp_path / "orders"
    folder.mkdir()
    lines = [json.dumps({"record": {"event_key": each}}) for each in keys]
    (folder / "clevertap-rejects.jsonl").write_text("".join(f"{each}\n" for each in lines))
    (folder / "arrived.txt").write_text("".join(f'"{each}"\n' for each in arrived_keys))
    with Reader(folder, replacements={r"^meltano [^\n]*$": "touch replayed"}) as reader:
        reader.run("examples/orders/README.md", "After a kill", "shell", 2)
    kept = (folder / "clevertap-rejects.jsonl").read_text().splitlines()
    assert [json.loads(each)["record"]["event_key"] for each in kept] == left
    assert (folder / "replayed").exists()


def test_without_a_list_of_what_arrived_nothing_is_sent(tmp_path):
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / "clevertap-rejects.jsonl").write_text("{}\n")
    with Reader(folder, replacements={r"^meltano [^\n]*$": "touch replayed"}) as reader:
        reader.run("examples/orders/README.md", "After a kill", "shell", 2, expected=1)
    assert not (folder / "replayed").exists()
    assert (folder / "rejects.before").read_text() == "{}\n"
