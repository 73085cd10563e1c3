"""The keys that presets consist of, in rules without a preset, and their faults."""

from __future__ import annotations

import pytest
import yaml

from target_clevertap.rules.presets import NAMES, preset_text
from tests.integration.target.presets import tables
from tests.integration.target.presets.tables import MOMENT, OBJECT, SECONDS, TEXT, TIME
from tests.integration.target.presets.test_warehouse_tables import TABLES, row
from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema

COLUMNS = {
    "id": TEXT,
    "who": TEXT,
    "device": TEXT,
    "what": TEXT,
    "at": {"type": "integer"},
    "data": {"type": ["object", "string"]},
    "more": OBJECT,
    "internal_note": TEXT,
}
RULE = {
    "type": "event",
    "event_field": ["what"],
    "events": {"Order Placed": "Charged"},
    "event_format": "Shop: {}",
    "event": "Shop",
    "identity": "who",
    "anonymous": "device",
    "time": ["at"],
    "time_unit": "milliseconds",
    "unpack": ["data", "more.inner"],
    "properties": {"Seller": "internal_note"},
    "properties_of": {"Charged": {"Amount": ["sum", "total"], "Name": [{"join": ["a", "b"]}]}},
    "formats": {"Amount": "number"},
    "exclude": ["data.secret*"],
    "names": "snake_case",
    "nested": "drop",
    "ledger_key": ["id"],
}


def sent(target, path="one by one", rule=RULE, columns=COLUMNS, **values):
    values = {"id": "1", "who": "ada", "what": "x", "at": SECONDS * 1000 + 999, **values}
    schemas = [schema("shop", columns, [])]
    sent_by(path, target, schemas, [record("shop", **values)], streams={"shop": rule})
    return [each for each in delivered(target) if each["type"] != "x"]


@pytest.mark.parametrize("path", PATHS)
def test_all_keys_in_a_rule_of_ones_own(target, path):
    data = {"a": "A", "b": "B", "total": "9.50", "secretKey": 1, "Big Deal": True, "l": [1]}
    values = {"what": "order_PLACED", "data": data, "more": {"inner": {"b": "no", "other": 1}}}
    (held,) = sent(target, path, internal_note="N", **values)
    properties = {"Amount": 9.5, "Name": "A B", "a": "A", "b": "B", "big_deal": True, "other": 1}
    assert held == {
        "type": "event",
        "identity": "ada",
        "ts": SECONDS,
        "evtName": "Charged",
        "evtData": properties | {"Seller": "N"},
    }


def test_names_of_events_and_users(target):
    (held,) = sent(target, who=None, device="d1", data='{"x": 1}', what="Tea")
    assert (held["objectId"], held["evtName"], held["evtData"]) == ("d1", "Shop: Tea", {"x": 1})
    (held,) = [each for each in sent(target, id="2", what=None, data=None) if "identity" in each]
    assert (held["evtName"], held["evtData"]) == ("Shop", {})


def test_objects_that_are_none(target):
    assert sent(target, data="tea") == []
    assert sent(target, id="2", data=[1]) == []
    assert sent(target, id="3", who=None) == []
    assert dict(target.rejected_codes()) == {"value_invalid": 2, "identity_missing": 1}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"preset": "segmnt"}, "preset: `segmnt` is not a preset; did you mean `segment`?"),
        ({"preset": "segment", "tiem": "x"}, "`tiem` is not a key of a rule; did you mean `time`?"),
        (
            {"preset": "segment"},
            (
                "identity: preset `segment` does not fit: the stream has none of the columns "
                "`user_id`, `userId`"
            ),
        ),
        ({"preset": "segment"}, "time: preset `segment` does not fit"),
        (
            {"preset": "shopify"},
            (
                "kind: `shop` is not one of the tables `orders`, `customers`; set it to one of "
                "`orders`, `customers`"
            ),
        ),
        ({"preset": "segment", "kind": "pgae"}, "kind: `pgae` is not one; did you mean `page`?"),
        (
            {"preset": "ga4", "identity": "whoo"},
            "identity: the stream has no column `whoo`; did you mean `who`?",
        ),
        (
            RULE | {"events": {"x": "App Launched"}},
            "events: only CleverTap may raise `App Launched` (its code 513)",
        ),
        (RULE | {"only_if": "consent"}, "only_if: the stream has no column `consent`"),
        (RULE | {"ledger_key": ["no"]}, "ledger_key: the stream has no column `no`"),
        (RULE | {"unpack": "dta"}, "unpack: the stream has no column `dta`; did you mean `data`?"),
        (
            {"type": "profile", "identity": "who", "properties": {"Name": ["nam", "nme"]}},
            "properties.Name: the stream has none of the columns `nam`, `nme`",
        ),
        (
            {"type": "profile", "identity": "who", "exclude": ["x"], "properties": {"A.": "id"}},
            "properties: `A.` cannot be the name of a property",
        ),
        ({"type": "event", "unpack": "data"}, "streams.shop.identity: it is missing; set it"),
        (
            {"type": "token", "identity": "who", "token": "id", "token_type": "fcm", "unpack": "a"},
            "unpack: a token has no `unpack`; remove it",
        ),
        (
            {"type": "delete", "identity": ["who", "id"]},
            "only events and profiles may list several columns",
        ),
        (
            {"type": "profile", "identity": ["who", "id"], "on_deleted": "delete"},
            "on_deleted: the user of a deleted row has to be in one column",
        ),
        (RULE | {"formats": {"Amount": "money"}}, "`money` is not a known one"),
    ],
)
def test_faults(target, rule, words):
    messages = [schema("shop", COLUMNS, [])]
    finished = target.run(messages, streams={"shop": rule}, confirm_deletes=True)
    assert words in finished.log
    assert target.requests() == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"kinds": {"page": {"only_if": "name"}}}, "only_if: all kinds of a stream have the same"),
        ({"changes_only": True}, "changes_only: only profiles are compared"),
        ({"on_deleted": "delete"}, "on_deleted: a stream of several kinds cannot delete users"),
        ({"nulls": "delete"}, "nulls: `delete` removes properties of profiles"),
    ],
)
def test_faults_in_whole_messages(target, rule, words):
    messages = [schema("messages", tables.MESSAGE_COLUMNS, ["messageId"])]
    rules = {"messages": {"preset": "segment", **rule}}
    finished = target.run(messages, streams=rules, confirm_deletes=True)
    assert words in finished.log
    assert finished.status not in {0, 3}


def test_keys_next_to_a_preset_win(target):
    order = {"order_completed": {"preset": "segment", "event": "Bought", "others": "drop"}}
    messages = [
        schema("order_completed", TABLES["order_completed"], ["id"]),
        record("order_completed", **row("order_completed")),
    ]
    target.run(messages, streams=order)
    (held,) = delivered(target)
    assert (held["evtName"], held["evtData"]) == ("Bought", {})
    more = {"Charged": {"Amount": "checkout_id", "Coupon": "coupon"}}
    target.ledger.unlink()
    target.run(messages, streams={"order_completed": {"preset": "segment", "properties_of": more}})
    charged = delivered(target)[-1]["evtData"]
    assert (charged["Amount"], charged["Coupon"], charged["Charged ID"]) == ("c1", "X", "o1")


def test_messages_that_flattening_took_apart(target):
    inner = dict.fromkeys(("order_id", "currency"), TEXT) | {"revenue": {"type": "number"}}
    columns = tables.MESSAGE_COLUMNS | {"properties": {"type": "object", "properties": inner}}
    columns["traits"] = {"type": "object", "properties": {"email": TEXT, "gender": TEXT}}
    order = tables.track("Order Completed", order_id="o1", revenue=9.5, currency="EUR")
    person = tables.identify(email="ada@example.org", gender="f")
    messages = [
        schema("messages", columns, ["messageId"]),
        record("messages", messageId="1", userId="u", **order),
        record("messages", messageId="2", userId="u", **person),
    ]
    rules = {"messages": {"preset": "segment"}}
    finished = target.run(messages, streams=rules, flattening_enabled=True, flattening_max_depth=1)
    properties = {"Charged ID": "o1", "Amount": 9.5, "Currency": "EUR"}
    assert delivered(target) == [
        {"identity": "u", **tables.event("Charged", **properties)},
        {"identity": "u", **tables.profile(Email="ada@example.org", Gender="F")},
    ], finished.log


def test_a_kind_of_its_own(target):
    page = {"preset": "segment", "kinds": {"page": {"event": "Page Viewed"}}}
    messages = [
        schema("messages", tables.MESSAGE_COLUMNS, ["messageId"]),
        record("messages", messageId="1", userId="u", **tables.page(properties={"url": "/"})),
    ]
    target.run(messages, streams={"messages": page})
    assert [each["evtName"] for each in delivered(target)] == ["Page Viewed"]
    by_kind = {"visits": {"preset": "segment", "kind": "page", "event": "Visited"}}
    messages = [schema("visits", TABLES["pages"], ["id"]), record("visits", **row("pages"))]
    target.run(messages, streams=by_kind)
    assert delivered(target)[-1]["evtName"] == "Visited"


FLAT_KINDS = {
    "kind_field": "what",
    "identity": "who",
    "kinds": {
        "seen": {"type": "event", "event": "Seen", "properties": {"Note": "internal_note"}},
        "person": {"type": "profile", "properties": {"Note": "internal_note"}, "others": "drop"},
    },
}


def test_kinds_of_flat_rows_by_columns_alone(target):
    rows = [
        record("feed", id=str(number), who="ada", what=kind, internal_note="n")
        for number, kind in enumerate(("seen", "person"))
    ]
    target.run([schema("feed", COLUMNS, ["id"]), *rows], streams={"feed": FLAT_KINDS})
    held = {each["type"]: each for each in delivered(target)}
    assert held["event"]["evtData"]["Note"] == "n"
    assert held["profile"]["profileData"] == {"Note": "n"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind_field": "whta"}, "streams.feed.kind_field: the stream has no column `whta`"),
        (
            {"kinds": {"seen": {"type": "profile"}}, "changes_only": True},
            "streams.feed.changes_only: a stream of several kinds is not compared",
        ),
    ],
)
def test_kinds_that_do_not_fit(changed, message, target):
    rows = [schema("feed", COLUMNS, ["id"]), record("feed", id="1", who="ada", what="seen")]
    ended = target.run(rows, streams={"feed": FLAT_KINDS | changed})
    assert ended.status == 1
    assert message in ended.log
    assert delivered(target) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_that_is_pasted_does_the_same(name, target):
    stream = {"ga4": "hits", "shopify": "customers"}.get(name, "screens")
    if name == "ga4":
        messages = [schema("hits", tables.GA4_COLUMNS, []), record("hits", **tables.hit("login"))]
        messages[1]["record"] |= {"user_id": "u", "user_pseudo_id": "1.2"}
    elif name == "shopify":
        columns = {"id": TEXT, "email": TEXT, "createdAt": MOMENT}
        values = {"id": "c", "email": "a@example.org", "createdAt": TIME}
        messages = [schema(stream, columns, ["id"]), record(stream, **values)]
    else:
        columns = TABLES["screens"] | {"email": TEXT, "event": TEXT}
        values = row("screens") | {"email": "a@example.org", "event": "Seen"}
        messages = [schema(stream, columns, ["id"]), record(stream, **values)]
    finished = target.run(messages, streams={stream: {"preset": name}})
    (held,) = delivered(target) or [finished.log]
    target.ledger.unlink()
    target.run(messages, streams={stream: yaml.safe_load(preset_text(name))})
    assert delivered(target) == [held, held]


@pytest.mark.parametrize("nulls", ["omit", "delete"])
def test_nulls_and_consent(target, nulls):
    rule = {"preset": "segment", "nulls": nulls, "only_if": "consent"}
    columns = TABLES["users"] | {"consent": {"type": "boolean"}}
    people = [
        row("users") | {"consent": True, "plan": None, "email": None},
        row("users") | {"consent": False, "id": "other"},
    ]
    messages = [schema("users", columns, ["id"]), *(record("users", **each) for each in people)]
    finished = target.run(messages, streams={"users": rule})
    (held,) = delivered(target)
    removed = {"plan": {"$delete": 1}, "Email": {"$delete": 1}} if nulls == "delete" else {}
    known = {"Name": "Ada L", "Gender": "F", "first_name": "Ada", "last_name": "L"}
    known |= {"DOB": "$D_634003200", "married": "Y"}
    assert held["profileData"] == known | removed, finished.log


def test_only_profiles_that_changed(target):
    rule = {"preset": "segment", "changes_only": True}
    person = row("identifies") | {"context_ip": "192.0.2.1"}
    messages = [schema("identifies", TABLES["identifies"], ["id"]), record("identifies", **person)]
    target.run(messages, streams={"identifies": rule})
    messages[1] = record("identifies", **person | {"id": "m2", "context_ip": "192.0.2.2"})
    target.run(messages, streams={"identifies": rule})
    assert len(delivered(target)) == 1
    messages[1] = record("identifies", **person | {"plan": "silver"})
    finished = target.run(messages, streams={"identifies": rule})
    assert len(delivered(target)) == 2, finished.log


def test_values_are_fixed_in_presets_too(target):
    rule = {"preset": "segment", "invalid": "fix"}
    person = row("users") | {"plan": "x" * 2000, "email": " ada@example.org "}
    messages = [schema("users", TABLES["users"], ["id"]), record("users", **person)]
    finished = target.run(messages, streams={"users": rule}, default_country="DE")
    (held,) = delivered(target)
    assert held["profileData"]["plan"] == "x" * 512
    assert held["profileData"]["Email"] == "ada@example.org", finished.log


def test_paths_in_a_usual_rule(target):
    rule = {"type": "profile", "identity": "data.user.id", "properties": {"City": "data.city"}}
    rule["others"] = "drop"
    values = {"data": {"user": {"id": "u1"}, "city": "Berlin"}}
    assert sent(target, rule=rule, **values) == [
        {"type": "profile", "identity": "u1", "profileData": {"City": "Berlin"}}
    ]


PEOPLE = {"ID": {"type": "string"}, "EMAIL": {}, "CONSENT": {}, "_SDC_DELETED_AT": {}}


@pytest.mark.parametrize(
    "rule",
    [
        {"only_if": "consent", "on_deleted": "delete"},
        {"kinds": {"users": {"only_if": "consent", "on_deleted": "delete"}}},
    ],
    ids=["next to the preset", "of a kind"],
)
def test_consent_and_deletions_hold_next_to_a_preset(target, tmp_path, rule):
    messages = [
        schema("USERS", PEOPLE, ["ID"], []),
        record("USERS", ID="anna", EMAIL="a@example.org", CONSENT=True),
        record("USERS", ID="ben", EMAIL="b@example.org", CONSENT=False),
        record("USERS", ID="carla", _SDC_DELETED_AT="2026-03-01T00:00:00Z"),
    ]
    settings = {"confirm_deletes": True, "deletes_path": str(tmp_path / "deletes.jsonl")}
    done = target.run(messages, streams={"USERS": {"preset": "segment", **rule}}, **settings)
    assert done.status == 0, done.log
    assert [each["identity"] for each in target.delivered()] == ["anna"]
    assert [each["value"] for each in target.emulator.calls()["deleted"]] == ["carla"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1e31, "1e31", "1e400", 10**60])
def test_a_count_that_is_no_time_is_a_reject(target, path, at):
    assert sent(target, path, at=at) == []
    assert dict(target.rejected_codes()) == {"date_invalid": 1}


def test_parts_that_are_no_text_are_joined_as_json(target):
    data = {"a": True, "b": {"d": 1.50, "c": [None, "x"]}, "total": 1}
    (held,) = sent(target, what="order_PLACED", data=data)
    assert held["evtData"]["Name"] == 'true {"c":[null,"x"],"d":1.5}'
