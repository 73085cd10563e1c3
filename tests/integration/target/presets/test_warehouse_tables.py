"""Presets on the tables of warehouses: Segment's and RudderStack's, and tap-shopify's streams."""

from __future__ import annotations

import json

import pytest

from tests.integration.target.presets.tables import MOMENT, OBJECT, SECONDS, TEXT, TIME
from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema

COMMON = {
    "id": TEXT,
    "user_id": TEXT,
    "anonymous_id": TEXT,
    "received_at": MOMENT,
    "sent_at": MOMENT,
    "original_timestamp": MOMENT,
    "timestamp": MOMENT,
    "uuid_ts": MOMENT,
    "context_ip": TEXT,
    "context_library_name": TEXT,
}
EVENT = {"event": TEXT, "event_text": TEXT}
TRAITS = {"email": TEXT, "first_name": TEXT, "last_name": TEXT, "gender": TEXT, "plan": TEXT}
TRAITS |= {"married": {"type": ["boolean", "null"]}}
TRAITS |= {"birthday": {"type": ["string", "null"], "format": "date"}}
NUMBER = {"type": ["number", "null"]}
TABLES = {
    "tracks": COMMON | EVENT,
    "order_completed": COMMON
    | EVENT
    | {"order_id": TEXT, "checkout_id": TEXT, "revenue": NUMBER, "currency": TEXT}
    | {"products": TEXT, "coupon": TEXT},
    "identifies": COMMON | TRAITS,
    "users": {"id": TEXT, "received_at": MOMENT, "uuid_ts": MOMENT, "context_ip": TEXT} | TRAITS,
    "pages": COMMON | {"name": TEXT, "url": TEXT},
    "screens": COMMON | {"name": TEXT, "level": NUMBER},
}
PRODUCTS = [{"sku": "s", "price": 9.5}]
PERSON = {
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "L",
    "gender": "Female",
    "plan": "gold",
    "married": True,
    "birthday": "1990-02-03",
}
LOADED = {"received_at": TIME, "sent_at": TIME, "uuid_ts": TIME, "context_ip": "192.0.2.1"}
COMMON_VALUES = {
    **LOADED,
    "anonymous_id": "a1",
    "original_timestamp": TIME,
    "timestamp": TIME,
    "context_library_name": "analytics.js",
}
ROWS = {
    "tracks": {"event": "song_played", "event_text": "Song Played"},
    "order_completed": {
        "event": "order_completed",
        "event_text": "Order Completed",
        "order_id": "o1",
        "checkout_id": "c1",
        "revenue": 9.5,
        "currency": "EUR",
        "coupon": "X",
        "products": json.dumps(PRODUCTS),
    },
    "identifies": PERSON,
    "users": PERSON,
    "pages": {"name": "Home", "url": "/"},
    "screens": {"name": "Home", "level": 3},
}
NAMED = {"Email": "ada@example.org", "Name": "Ada L", "Gender": "F", "plan": "gold"}
NAMED |= {"DOB": "$D_634003200"}
CHARGED = {"Amount": 9.5, "Currency": "EUR", "Items": PRODUCTS, "coupon": "X"}
HELD = {
    "segment": {
        "tracks": ("Song Played", {}),
        "order_completed": ("Charged", CHARGED | {"Charged ID": "o1", "checkout_id": "c1"}),
        "identifies": NAMED | {"first_name": "Ada", "last_name": "L", "married": "Y"},
        "users": NAMED | {"first_name": "Ada", "last_name": "L", "married": "Y"},
        "pages": 513,
        "screens": ("App Screen Viewed", {"name": "Home", "level": 3}),
    },
    "rudderstack": {
        "tracks": ("Song Played", {}),
        "order_completed": ("Charged", CHARGED | {"Charged ID": "c1", "order_id": "o1"}),
        "identifies": NAMED | {"Married": "Y"},
        "users": NAMED | {"Married": "Y"},
        "pages": ("Web Page Viewed: Home", {"url": "/"}),
        "screens": ("Screen Viewed: Home", {"level": 3}),
    },
}


def row(table):
    if table == "users":
        return {**LOADED, **PERSON, "id": "user of users"}
    return {**COMMON_VALUES, **ROWS[table], "id": f"m-{table}", "user_id": f"user of {table}"}


def held_of(table, expected):
    if isinstance(expected, tuple):
        name, properties = expected
        body = {"type": "event", "evtName": name, "evtData": properties, "ts": SECONDS}
    else:
        body = {"type": "profile", "profileData": expected}
    return {"identity": f"user of {table}", **body}


@pytest.mark.parametrize("path", PATHS[:-1])
@pytest.mark.parametrize("preset", HELD)
def test_the_tables_of_a_warehouse(target, preset, path):
    wanted = {table: each for table, each in HELD[preset].items() if table != "tracks"}
    schemas = [schema(f"shop-{each}", TABLES[each], ["id"], ["received_at"]) for each in wanted]
    records = [record(f"shop-{each}", **row(each)) for each in wanted]
    rules = {f"shop-{each}": {"preset": preset} for each in wanted}
    finished = sent_by(path, target, schemas, records, streams=rules)
    expected = [held_of(*each) for each in wanted.items() if not isinstance(each[1], int)]
    found = sorted(delivered(target), key=lambda each: each["identity"])
    assert found == sorted(expected, key=lambda each: each["identity"]), finished.log
    assert {*target.rejected_codes()} == {each for each in wanted.values() if isinstance(each, int)}


@pytest.mark.parametrize("preset", HELD)
def test_tracks_alone(target, preset):
    messages = [schema("tracks", TABLES["tracks"], ["id"]), record("tracks", **row("tracks"))]
    target.run(messages, streams={"tracks": {"preset": preset}})
    assert delivered(target) == [held_of("tracks", HELD[preset]["tracks"])]


@pytest.mark.parametrize("preset", HELD)
def test_an_event_is_not_sent_from_two_tables(target, preset):
    tables = ("tracks", "order_completed", "pages")
    messages = [schema(f"web-{each}", TABLES[each], ["id"]) for each in tables]
    rules = {f"web-{each}": {"preset": preset} for each in tables}
    finished = target.run(messages, streams=rules)
    assert "streams.web-tracks: the events of `web-order_completed` are in this table too" in (
        finished.log
    )
    assert finished.status not in {0, 3}
    del rules["web-order_completed"]
    assert target.run(messages[:1] + messages[2:], streams=rules).status == 0
    of_others = {"web-tracks": {"preset": preset}, "app-order_completed": {"preset": preset}}
    assert target.run(messages[:1], streams=of_others).status == 0


def test_the_capitals_of_snowflake(target):
    columns = {name.upper(): each for name, each in TABLES["order_completed"].items()}
    values = {name.upper(): value for name, value in row("order_completed").items()}
    name = "PROD-WEB-ORDER_COMPLETED"
    messages = [schema(name, columns, ["ID"], ["RECEIVED_AT"]), record(name, **values)]
    target.run(messages, streams={name: {"preset": "segment"}})
    (held,) = delivered(target)
    properties = held["evtData"]
    assert {key: properties[key] for key in CHARGED if key in properties} == {
        key: value for key, value in CHARGED.items() if key != "coupon"
    }
    assert {*properties} == {"Charged ID", "Amount", "Currency", "Items", "COUPON", "CHECKOUT_ID"}


MONEY = {"type": ["null", "object"], "properties": {"shopMoney": OBJECT}}
ORDERS = {
    "id": {"type": "string"},
    "name": TEXT,
    "email": TEXT,
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
    "currencyCode": TEXT,
    "displayFulfillmentStatus": TEXT,
    "customer": OBJECT,
    "originalTotalPriceSet": MONEY,
    "totalPriceSet": MONEY,
    "lineItems": {"type": ["null", "array"]},
}
CUSTOMERS = {
    "id": TEXT,
    "email": TEXT,
    "phone": TEXT,
    "firstName": TEXT,
    "lastName": TEXT,
    "displayName": TEXT,
    "numberOfOrders": TEXT,
    "amountSpent": OBJECT,
    "defaultAddress": OBJECT,
    "emailMarketingConsent": OBJECT,
    "smsMarketingConsent": OBJECT,
    "tags": {"type": "array", "items": TEXT},
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}
CUSTOMER = "gid://shopify/Customer/1"
LINE = {
    "id": "gid://shopify/LineItem/1",
    "title": "Tea",
    "sku": "T-1",
    "vendor": None,
    "quantity": 2,
    "originalUnitPriceSet": {"shopMoney": {"amount": 9.95, "currencyCode": "EUR"}},
    "unfulfilledDiscountedTotalSet": {"shopMoney": {"amount": 19.9}},
}
ORDER = {
    "id": "gid://shopify/Order/1",
    "name": "#1001",
    "email": "ada@example.org",
    "createdAt": TIME,
    "updatedAt": TIME,
    "currencyCode": "EUR",
    "displayFulfillmentStatus": "UNFULFILLED",
    "customer": {"id": CUSTOMER, "email": "ada@example.org"},
    "originalTotalPriceSet": {"shopMoney": {"amount": 19.9, "currencyCode": "EUR"}},
    "totalPriceSet": {"shopMoney": {"amount": 19.9, "currencyCode": "EUR"}},
    "lineItems": [LINE],
}
CHARGE = {
    "Charged ID": "gid://shopify/Order/1",
    "Order": "#1001",
    "Amount": 19.9,
    "Currency": "EUR",
    "Items": [{"Name": "Tea", "SKU": "T-1", "Quantity": 2, "Price": 9.95}],
}
SHOPIFY = {"orders": {"preset": "shopify"}, "customers": {"preset": "shopify"}}


def test_an_order_of_shopify_is_charged_once_however_it_changes(target):
    fulfilled = LINE | {"unfulfilledDiscountedTotalSet": {"shopMoney": {"amount": 0}}}
    later = {"updatedAt": "2026-01-09T00:00:00Z", "displayFulfillmentStatus": "FULFILLED"}
    orders = schema("orders", ORDERS, ["id"], ["updatedAt"])
    changed = ORDER | later | {"lineItems": [fulfilled]}
    finished = target.run(
        [orders, record("orders", **ORDER), record("orders", **changed)], streams=SHOPIFY
    )
    expected = {"type": "event", "evtName": "Charged", "identity": CUSTOMER, "ts": SECONDS}
    assert delivered(target) == [expected | {"evtData": CHARGE}], finished.log
    target.run([orders, record("orders", **changed)], streams=SHOPIFY)
    assert len(delivered(target)) == 1


def test_objects_as_json_text_and_as_columns_of_their_own(target):
    as_text = {
        key: json.dumps(value) if isinstance(value, (dict, list)) else value
        for key, value in ORDER.items()
    }
    columns = {key: TEXT if key in as_text else each for key, each in ORDERS.items()}
    columns["createdAt"] = MOMENT
    messages = [schema("orders", columns, ["id"]), record("orders", **as_text)]
    target.run(messages, streams=SHOPIFY)
    price = "originalTotalPriceSet__shopMoney__"
    flat = ORDER | {"customer__id": CUSTOMER, f"{price}amount": 19.9, f"{price}currencyCode": "EUR"}
    flat = {key: value for key, value in flat.items() if not isinstance(value, dict)}
    flat["id"] = "gid://shopify/Order/2"
    columns = {key: ORDERS.get(key, TEXT) for key in flat} | {f"{price}amount": NUMBER}
    target.run([schema("orders", columns, ["id"]), record("orders", **flat)], streams=SHOPIFY)
    found = {each["evtData"]["Charged ID"]: each["evtData"] for each in delivered(target)}
    both = (ORDER["id"], flat["id"])
    assert found == {each: CHARGE | {"Charged ID": each} for each in both}


def test_customers_of_shopify(target):
    customer = {
        "id": CUSTOMER,
        "email": "ada@example.org",
        "phone": None,
        "firstName": "Ada",
        "lastName": "L",
        "displayName": "Ada L",
        "numberOfOrders": "3",
        "amountSpent": {"amount": "59.70", "currencyCode": "EUR"},
        "defaultAddress": {"city": "Berlin", "countryCodeV2": "DE", "phone": "+49 30 1234567"},
        "emailMarketingConsent": {"marketingState": "SUBSCRIBED"},
        "smsMarketingConsent": None,
        "tags": ["vip", "tea"],
        "createdAt": TIME,
        "updatedAt": TIME,
    }
    messages = [schema("customers", CUSTOMERS, ["id"], ["updatedAt"])]
    finished = target.run([*messages, record("customers", **customer)], streams=SHOPIFY)
    expected = {
        "Name": "Ada L",
        "Email": "ada@example.org",
        "Phone": "+49301234567",
        "City": "Berlin",
        "Country": "DE",
        "Orders": 3,
        "Amount Spent": 59.7,
        "Accepts Email": "SUBSCRIBED",
        "Tags": {"$set": ["vip", "tea"]},
        "Customer Since": f"$D_{SECONDS}",
    }
    assert delivered(target) == [
        {"type": "profile", "identity": CUSTOMER, "profileData": expected}
    ], finished.log
