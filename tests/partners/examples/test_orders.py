"""`examples/orders`: each order is charged once, whatever becomes of its row and of a run."""

from __future__ import annotations

import json
import shutil
import signal
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.partners.examples.killed_runs import STORED_AND_NOT, started, wait_for, wait_for_uploads
from tests.support.example_copies import for_the_project
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
        select o.order_no, case o.status when 'cancelled' then 0 else o.total - coalesce(
            (select sum(r.amount) from shop.refunds r where r.order_no = o.order_no), 0) end
        from shop.orders o where o.status <> 'open'"""
    return dict(postgres.query(statement))


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
    emulator.faults(STORED_AND_NOT)
    with started(reader, FORCED, signal.SIGKILL):
        wait_for_uploads(emulator)
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
    shown = reader.run("examples/orders/README.md", "After a kill").output
    assert "uncertain" in shown
    assert all(f'"{each}"' in shown for each in rejects)


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
    (folder / "arrived.txt").write_text("".join(f"{each}\n" for each in found))
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


CHANGES = """
insert into shop.orders values
    ('D-1', 'd-1', 'paid', 'INR', 100, '2026-08-05 10:00'),
    ('D-2', 'd-2', 'paid', 'INR', 200, '2026-08-05 10:00'),
    ('D-3', 'd-3', 'paid', 'INR', 300, '2026-08-05 10:00'),
    ('D-4', 'd-4', 'cancelled', 'INR', 400, '2026-08-05 10:00'),
    ('D-5', 'd-5', 'paid', 'INR', 500, '2026-08-05 10:00');
insert into shop.refunds values ('D-R-4', 'D-4', 400, 'never sent', '2026-08-05 12:00');
call clevertap.note_orders();
update shop.orders set total = 110 where order_no = 'D-1';
update shop.orders set currency = 'USD' where order_no = 'D-2';
update shop.orders set status = 'cancelled' where order_no in ('D-3', 'D-5');
insert into shop.refunds values ('D-R-3', 'D-3', 300, 'cancelled', '2026-08-05 12:00');
call clevertap.note_orders();
update shop.orders set total = 105 where order_no = 'D-1';
update shop.orders set currency = 'INR', total = 250 where order_no = 'D-2';
insert into shop.refunds values ('D-R-5', 'D-5', 500, 'a day later', '2026-08-06 12:00');
call clevertap.note_orders();
"""
DIFFERENCES = "table clevertap.order_differences"


def of_orders(emulator, numbers):
    """Return the amounts of an order's events, by their names, and their sums by currency."""
    events = [each for each in stored(emulator) if each["evtData"]["Charged ID"] in numbers]
    by_name, sums = defaultdict(list), defaultdict(Decimal)
    for each in events:
        data, name = each["evtData"], each["evtName"]
        by_name[data["Charged ID"], name].append(data["Amount"])
        sign = -1 if name == "Order Refunded" else 1
        sums[data["Charged ID"], data["Currency"]] += sign * Decimal(str(data["Amount"]))
    return by_name, dict(sums)


def test_corrections_of_one_day_other_currencies_and_refunds_of_cancelled_orders_add_up(
    settled, emulator, postgres, reader
):
    for statement in CHANGES.split(";\n"):
        postgres.query(statement)
    reader.type(FORCED)
    by_name, sums = of_orders(emulator, {f"D-{number}" for number in range(1, 6)})
    assert by_name["D-1", "Order Corrected"] == [10, -5]
    assert sums == {
        ("D-1", "INR"): 105,
        ("D-2", "INR"): 250,
        ("D-2", "USD"): 0,
        ("D-3", "INR"): 0,
        ("D-5", "INR"): 0,
    }
    assert ("D-3", "Order Corrected") not in by_name
    found = reader.run("examples/orders/README.md", "Is it right?", "shell", 2)
    assert found.output == ""


def test_a_deleted_order_and_a_changed_refund_are_named_and_are_no_event(
    settled, emulator, postgres, reader
):
    before = len(stored(emulator))
    postgres.query("delete from shop.order_lines where order_no = 'B-20'")
    postgres.query("delete from shop.orders where order_no = 'B-20'")
    postgres.query("update shop.refunds set amount = 6 where refund_no = 'R-1'")
    reader.type(FORCED)
    assert len(stored(emulator)) == before
    assert set(postgres.query(DIFFERENCES)) == {
        ("B-20", "order", "INR", Decimal(-20)),
        ("A-2", "refunds", "USD", Decimal(1)),
    }


UNKNOWN = """
insert into shop.orders values
    ('F-1', 'f', 'payment_failed', 'INR', 1, '2026-08-07 10:00'),
    ('F-2', 'f', 'paid', 'INR', 2, '2026-08-07 10:00')
"""


def test_a_status_that_nobody_named_ends_the_run_before_anything_is_sent(
    settled, emulator, postgres, reader
):
    before = len(stored(emulator))
    postgres.query(UNKNOWN)
    ended = reader.type(FORCED, expected=None)
    assert ended.status != 0
    assert "shop.orders: the status payment_failed is unknown" in ended.log
    assert len(stored(emulator)) == before
    postgres.query("update shop.orders set status = 'open' where order_no = 'F-1'")
    reader.type(FORCED)
    assert len(stored(emulator)) == before + 1
    postgres.query("update shop.orders set status = 'open' where order_no = 'F-2'")
    reader.type(FORCED)
    assert of_orders(emulator, {"F-1", "F-2"})[1] == {("F-2", "INR"): 0}


def test_a_session_whose_clock_is_set_back_ends_no_run(settled, emulator, postgres, reader):
    """In Berlin 02:30 comes twice on this day: the second one is later, and smaller as text."""
    postgres.query("alter database analytics set timezone = 'Europe/Berlin'")
    for key, moment in (("E-1", "2126-10-27 00:30+00"), ("E-2", "2126-10-27 01:10+00")):
        columns = "event_key, event_name, customer_id, happened_at, order_no, amount, currency"
        values = f"'order {key}', 'Charged', 'e', '2026-08-05', '{key}', 1, 'INR', '{moment}'"
        into = f"clevertap.order_events ({columns}, noted_at)"
        postgres.query(f"insert into {into} values ({values})")
    reader.type(FORCED)
    assert {"E-1", "E-2"} <= charged(emulator).keys()


def test_a_wall_clock_and_a_timestamptz_are_the_same_moment(reader, postgres):
    moments = "timestamp '2026-08-01 00:15', timestamptz '2026-07-31 18:45+00'"
    for zone in ("UTC", "Europe/Berlin"):
        each, other = (f"clevertap.moment({moment})" for moment in moments.split(", "))
        query = f"select {each} = {other} from set_config('timezone', '{zone}', true)"
        assert postgres.query(query) == [(True,)]


def test_after_the_trial_the_project_gets_all_orders(
    settled, emulator, reader, folder, start_emulator_for_module
):
    project = start_emulator_for_module(days=1, users=1, account_id="TEST-000-0001")
    for_the_project(folder, TARGET_CLEVERTAP_ACCOUNT_ID=project.account_id)
    reader.run("examples/orders/README.md", "For the real CleverTap")
    assert reader.type("env | grep _API_URL || true").output == ""
    assert not (folder / "clevertap-rejects.jsonl").exists()
    reader.type(f"export TARGET_CLEVERTAP_API_URL={project.url}")  # where CleverTap itself is
    reader.type(FORCED)
    assert charged(project) == charged(emulator)


def take_out(folder, arrived_text, expected=0):
    """Let a reader take these keys out of four rejects; return what is left."""
    keys = ["order B-1", "order B.1", "order B-11", 'order "é\u2028"']
    lines = [json.dumps({"record": {"event_key": each}}, ensure_ascii=False) for each in keys]
    text = "".join(f"{each}\n" for each in ['{"type": "SCHEMA"}', *lines, '{"cut'])
    (folder / "clevertap-rejects.jsonl").write_text(text)
    shutil.copy(ROOT / "examples" / "orders" / "take_out.py", folder)
    if arrived_text is not None:
        (folder / "arrived.txt").write_bytes(arrived_text.encode())
    with Reader(folder, replacements={r"^meltano [^\n]*$": "touch replayed"}) as reader:
        ended = reader.run(
            "examples/orders/README.md", "After a kill", "shell", 2, expected=expected
        )
    assert (folder / "replayed").exists() is (expected == 0)
    left = (folder / "clevertap-rejects.jsonl").read_text()
    if expected == 0:
        kept = folder.glob("clevertap-rejects.jsonl.before-*")
        assert text in [each.read_text() for each in kept]
        return [key for key, line in zip(keys, lines, strict=True) if f"{line}\n" in left]
    assert left == text
    return ended.log


@pytest.mark.parametrize(
    ("arrived_text", "left"),
    [
        ("order B.1\n", [0, 2, 3]),
        ("order B-1\r\n\r\n", [1, 2, 3]),
        ("\n", [0, 1, 2, 3]),
        ('order "é\u2028"\norder B-1', [1, 2]),
    ],
)
def test_only_what_arrived_is_taken_out_of_the_rejects(tmp_path, arrived_text, left):
    keys = ["order B-1", "order B.1", "order B-11", 'order "é\u2028"']
    assert take_out(tmp_path, arrived_text) == [keys[number] for number in left]


def test_without_a_list_or_with_an_unknown_key_nothing_is_sent(tmp_path):
    assert "arrived.txt: No such file" in take_out(tmp_path, None, expected=1)
    other = tmp_path / "other"
    other.mkdir()
    assert "'order B-2'" in take_out(other, "order B.1\norder B-2\n", expected=1)
