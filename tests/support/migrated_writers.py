"""What the guides into CleverTap are tried with: tables of orders, and taking over as they have it.

The first twenty rows of a table are from before the switch, and another tool delivered them.
"""

from __future__ import annotations

from collections import Counter

from tests.support.dry_runs import by_stream
from tests.support.migration_tables import columns
from tests.support.migrations import plugins

BEFORE, AFTER = "2026-08-31T10:{:02}:00+00:00", "2026-09-01T02:{:02}:00+00:00"
ORDERS = columns(varchar="id customer_id", timestamptz="placed_at", numeric="total")
SEGMENT = columns(
    varchar="id user_id anonymous_id event event_text order_id checkout_id currency",
    timestamptz="received_at timestamp uuid_ts",
    numeric="revenue",
    json="products",
)
USERS = columns(varchar="id email plan", timestamptz="received_at uuid_ts")
CUSTOMERS = columns(varchar="user_id email plan", timestamptz="updated_at")
PURCHASES = columns(bigint="id", varchar="user_id", timestamptz="purchased_at", numeric="total")


def moment(number):
    """Return a time: the first twenty are from before the switch, the others from after it."""
    return (BEFORE if number < 20 else AFTER).format(number)


def warehouse_row(number):
    """Return an order as Segment and RudderStack write it."""
    return {
        "id": f"ajs-{number}",
        "user_id": f"user-{number % 7}",
        "event": "order_completed",
        "event_text": "Order Completed",
        "order_id": f"o-{number}",
        "checkout_id": f"o-{number}",
        "currency": "INR",
        "revenue": number + 0.5,
        "products": [{"sku": "tea"}],
        **dict.fromkeys(("received_at", "timestamp", "uuid_ts"), moment(number)),
    }


def order_row(number):
    user = f"user-{number % 7}"
    return {"id": f"o-{number}", "customer_id": user, "placed_at": moment(number), "total": 2.5}


def purchase_row(number):
    user = f"user-{number % 7}"
    return {"id": number, "user_id": user, "purchased_at": moment(number), "total": 9.5}


def user_row(number):
    """Return a user: the last of seven changed after the switch."""
    moments = dict.fromkeys(("received_at", "uuid_ts"), moment(25 if number == 6 else 0))
    return {"id": f"user-{number}", "email": f"u{number}@example.org", "plan": "free", **moments}


def customer_row(number):
    """Return the same user as ingestr reads it."""
    row = user_row(number)
    return {"user_id": row["id"], "updated_at": row["uuid_ts"], "plan": row["plan"]}


def charged(number, **more):
    """Return an order as another tool uploads it."""
    properties = {"Charged ID": f"o-{number}", "Amount": number + 0.5, **more}
    user = f"user-{number % 7}"
    return {"type": "event", "evtName": "Charged", "identity": user, "evtData": properties}


def times_of(emulator, name="Charged ID"):
    """Return how many times CleverTap has each order."""
    stored = [each["record"]["evtData"] for each in emulator.uploads()["events"]]
    return Counter(each.get(name) for each in stored)


def profiles_of(emulator):
    """Return the users whose profiles CleverTap got."""
    return [each["record"]["identity"] for each in emulator.uploads()["profiles"]]


def without_region(config):
    left_out = ("region", "ledger_path", "rejects_path")
    return {name: value for name, value in config.items() if name not in left_out}


def take_over(target, yaml_text, sent, *, left):
    """Take over, look at a dry run, and run: as the guides have it."""
    found = plugins(yaml_text, target.folder)
    base = without_region(found["target-clevertap"])
    before = len(target.requests())
    ran = target.run(sent, **without_region(found["target-clevertap--taking-over"]))
    assert (ran.status, ran.states) == (0, []), ran.log
    assert len(target.requests()) == before
    dry = target.run(sent, **base, dry_run="local")
    assert dry.status == 0, dry.log
    shown = by_stream(dry.log)
    for stream, expected in left.items():
        assert shown[stream]["to send"] == expected, shown
    ran = target.run(sent, **base)
    assert ran.status == 0, ran.log
    assert target.run(sent, **base).status == 0
    return ran
