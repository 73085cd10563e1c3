"""The query language restricts exports and counts to what the truth says."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.walking import (
    EVENTS,
    PROFILES,
    as_truth,
    asking,
    canonical,
    opened,
    pages_from,
    records,
    walk,
)

DAYS = {"from": 20260828, "to": 20260831}
COUNTS = "/1/counts/events.json"
PEOPLE = "/1/counts/profiles.json"


@pytest.fixture
def truth(clean):
    return clean.truth(event_name=["Charged", "Product Viewed", "App Launched"])


def asked(emulator, name, query):
    return asking(emulator, name) | query


def read(emulator, name, query):
    found = records(walk(emulator, asked(emulator, name, query), batch_size=200))
    return Counter(as_truth(name, each) for each in found)


def events_of(truth, name, wanted):
    users = {key: each for each in truth["profiles"] for key in each["object_ids"]}
    return [
        event
        for event in truth["events"]
        if event["event_name"] == name and wanted(event, users[event["object_id"]])
    ]


def check(emulator, truth, name, query, wanted):
    """Compare events, users and both counts with the truth's; return the number of events."""
    found = events_of(truth, name, wanted)
    assert read(emulator, name, query) == Counter(map(canonical, found))
    question = asked(emulator, name, query)
    assert emulator.api("POST", COUNTS, json=question).json()["count"] == len(found)
    people = {each["object_id"] for each in found}
    users = [user for user in truth["profiles"] if people & {*user["object_ids"]}]
    exported = records(walk(emulator, question, PROFILES))
    assert len(exported) == len(users)
    assert emulator.api("POST", PEOPLE, json=question).json()["count"] == len(users)
    trend = question | {"groups": {"daily": {"trend_type": "daily"}}}
    trends = emulator.api("POST", "/1/counts/trends.json", json=trend).json()
    assert sum(trends["daily"].values()) == len(found)
    return len(found)


def prop(event, name):
    return (event["event_props"] or {}).get(name)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({"operator": "gt", "value": 500}, lambda amount: amount is not None and amount > 500),
        (
            {"operator": "less_than_equals", "value": 500},
            lambda amount: amount is not None and amount <= 500,
        ),
        ({"operator": "exists"}, lambda amount: amount is not None),
        ({"operator": "does_not_exist"}, lambda amount: amount is None),
    ],
    ids=["gt", "less_than_equals", "exists", "does_not_exist"],
)
def test_numbers_of_events(clean, truth, condition, wanted):
    query = {"event_properties": [{"name": "Amount", **condition}]}
    found = check(clean, truth, "Charged", query, lambda event, _: wanted(prop(event, "Amount")))
    assert 0 < found < len(events_of(truth, "Charged", lambda *_: True))


def test_texts_of_events_and_all_conditions_together(clean, truth):
    query = {
        "event_properties": [
            {"name": "Currency", "operator": "equals", "value": ["INR", "EUR"]},
            {"name": "Payment mode", "operator": "contains", "value": "Card"},
        ]
    }
    assert check(
        clean,
        truth,
        "Charged",
        query,
        lambda event, _: (
            prop(event, "Currency") in {"INR", "EUR"}
            and prop(event, "Payment mode") == "Credit Card"
        ),
    )


def test_the_property_that_is_unique_to_each_event(clean, truth):
    wanted = next(filter(None, (prop(event, "Charged ID") for event in truth["events"])))
    query = {"event_properties": [{"name": "Charged ID", "value": wanted}]}
    assert (
        0
        < check(
            clean, truth, "Charged", query, lambda event, _: prop(event, "Charged ID") == wanted
        )
        <= 2
    )


def test_booleans_are_texts(clean, truth):
    query = {"event_properties": [{"name": "CT Connected To WiFi", "value": "True"}]}
    assert check(
        clean,
        truth,
        "App Launched",
        query,
        lambda event, _: prop(event, "CT Connected To WiFi") in {True, "true"},
    )


def test_sessions(clean, truth):
    query = {"session_properties": [{"name": "session_source", "value": ["Direct", "Paid"]}]}
    assert check(
        clean,
        truth,
        "App Launched",
        query,
        lambda event, _: event["session_props"]["session_source"] in {"Direct", "Paid"},
    )


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (
            {"profile_fields": [{"name": "Customer Type", "value": "Gold"}]},
            lambda user: (user["profile_data"] or {}).get("Customer Type") == "Gold",
        ),
        (
            {"profile_fields": [{"name": "Interests", "operator": "contains", "value": "chess"}]},
            lambda user: "chess" in (user["profile_data"] or {}).get("Interests", []),
        ),
        (
            {"profile_fields": [{"name": "Email", "operator": "exists"}]},
            lambda user: user["email"] is not None,
        ),
        (
            {"demographics": [{"name": "Score", "operator": "gte", "value": 50}]},
            lambda user: (user["profile_data"] or {}).get("Score", 0) >= 50,
        ),
        (
            {"reachability": [{"name": "has_phone", "value": "False"}]},
            lambda user: user["phone"] is None,
        ),
        (
            {"geo_fields": [["India"], ["Poland", "Łódź"]]},
            lambda user: (user["profile_data"] or {}).get("City") in {"Mumbai", "दिल्ली", "Łódź"},
        ),
        (
            {"geo_radius": [[55, 12, 100]]},
            lambda user: (user["profile_data"] or {}).get("City") == "København",
        ),
    ],
    ids=["text", "list", "field", "number", "reachability", "place", "radius"],
)
def test_users(clean, truth, fields, wanted):
    query = {"common_profile_properties": fields}
    found = check(clean, truth, "Charged", query, lambda _, user: wanted(user))
    assert 0 < found < len(events_of(truth, "Charged", lambda *_: True))


def test_devices(clean):
    query = {
        "common_profile_properties": {
            "app_fields": [{"name": "Make", "value": "Apple"}],
            "technographics": [
                {"name": "Platform", "value": "iOSApp"},
                {"name": "Device", "operator": "not_equals", "value": "Desktop"},
            ],
        }
    }
    found = records(walk(clean, asked(clean, "Charged", query)))
    everything = records(walk(clean, asking(clean, "Charged")))
    expected = [each for each in everything if each["profile"].get("make") == "Apple"]
    assert 0 < len(found) == len(expected) < len(everything)


def past(name, **more):
    return {"event_name": name, **DAYS, **more}


def times(truth, name):
    users = {key: n for n, each in enumerate(truth["profiles"]) for key in each["object_ids"]}
    return Counter(
        users[event["object_id"]]
        for event in truth["events"]
        if event["event_name"] == name and DAYS["from"] <= event["ts"] // 1_000_000 <= DAYS["to"]
    )


@pytest.mark.parametrize(
    ("advanced", "wanted"),
    [
        (
            {"did_all": [past("Product Viewed"), past("App Launched")]},
            lambda views, launches: views and launches,
        ),
        ({"did_none": [past("Product Viewed")]}, lambda views, _: not views),
        (
            {"did_all": [past("Product Viewed", operator="gt", value=2)]},
            lambda views, _: views > 2,
        ),
        (
            {"did_all": [past("Product Viewed", operator="less_than", value=2)]},
            lambda views, _: views < 2,
        ),
        (
            {"did_any": {"any_events": [past("Product Viewed"), past("App Launched")]}},
            lambda views, launches: views or launches,
        ),
        (
            {
                "did_any": {
                    "any_events": [past("Product Viewed"), past("App Launched")],
                    "operator": "gte",
                    "value": 6,
                }
            },
            lambda views, launches: views + launches >= 6,
        ),
    ],
    ids=["all", "none", "more", "fewer", "any", "any-count"],
)
def test_what_users_did(clean, truth, advanced, wanted):
    views, launches = times(truth, "Product Viewed"), times(truth, "App Launched")
    users = {key: n for n, each in enumerate(truth["profiles"]) for key in each["object_ids"]}

    def did(event, _):
        number = users[event["object_id"]]
        return wanted(views[number], launches[number])

    found = check(clean, truth, "Charged", {"advanced_query": advanced}, did)
    assert 0 < found < len(events_of(truth, "Charged", lambda *_: True))


def test_what_users_did_may_have_conditions_of_its_own(clean, truth):
    condition = {"name": "Price", "operator": "gt", "value": 700}
    advanced = {"did_all": [past("Product Viewed", event_properties=[condition])]}
    dear = {
        event["object_id"]
        for event in truth["events"]
        if event["event_name"] == "Product Viewed"
        and (prop(event, "Price") or 0) > 700
        and DAYS["from"] <= event["ts"] // 1_000_000 <= DAYS["to"]
    }
    found = check(
        clean,
        truth,
        "Charged",
        {"advanced_query": advanced},
        lambda _, user: bool(dear & {*user["object_ids"]}),
    )
    assert 0 < found < len(events_of(truth, "Charged", lambda *_: True))


def test_a_query_meets_uploaded_and_late_rows(clean):
    clean.rows("Charged", 20260829, add=2, properties={"Coupon": "X1"})
    event = {"type": "event", "identity": "anna", "evtName": "Charged", "evtData": {"coupon": "X1"}}
    clean.api("POST", "/1/upload", json={"d": [event]}).raise_for_status()
    query = {"event_properties": [{"name": "Coupon", "value": "X1"}]}
    assert read(clean, "Charged", query).total() == 3


def test_a_query_that_finds_nothing_is_an_empty_export(clean):
    query = {"event_properties": [{"name": "Amount", "operator": "lt", "value": 0}]}
    assert walk(clean, asked(clean, "Charged", query)) == [{"status": "success"}]


@pytest.mark.parametrize("path", [EVENTS, PROFILES, COUNTS, PEOPLE, "/1/counts/trends.json"])
@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            {"event_properties": [{"name": "Amount", "operator": "like", "value": 1}]},
            "Invalid operator : like",
        ),
        ({"advanced_query": {"did_all": [past("Nobody Does")]}}, "Invalid event : Nobody Does"),
        ({"event_propertes": []}, "Invalid key : event_propertes"),
    ],
    ids=["operator", "event", "key"],
)
def test_a_query_that_is_not_understood_is_refused(clean, path, query, text):
    answer = clean.api("POST", path, json=asked(clean, "Charged", query)).json()
    assert answer == {"status": "fail", "error": f'["{text}"]', "code": 400}


def test_days_of_a_query_that_are_in_the_future_are_refused(clean):
    query = {"advanced_query": {"did_all": [past("Charged") | {"to": 20260901}]}}
    assert clean.api("POST", EVENTS, json=asked(clean, "Charged", query)).json()["code"] == 4002


GOLD = {"profile_fields": [{"name": "Plan", "value": "Gold"}]}
PLANS = {"a": "Gold", "b": "Silver", "c": "Gold"}
LATE_DAYS = (1788060000, 1787973600)  # 30 and 29 August, in chunks of their own


@pytest.fixture
def plans(clean):
    """Users with a plan each, and an event on two days."""
    for user, plan in PLANS.items():
        set_plan(clean, user, plan)
    events = [
        {"type": "event", "identity": user, "evtName": "Renewed", "ts": moment}
        for user in PLANS
        for moment in LATE_DAYS
    ]
    clean.api("POST", "/1/upload", json={"d": events})
    return clean


def set_plan(emulator, user, plan):
    record = {"type": "profile", "identity": user, "profileData": {"Plan": plan}}
    assert emulator.api("POST", "/1/upload", json={"d": [record]}).json()["status"] == "success"


def identities(pages):
    return sorted(
        each["profile"]["identity"] if "profile" in each else each["identity"]
        for each in records(pages)
    )


def question(common=GOLD, name="Renewed"):
    return {"event_name": name, **DAYS, "common_profile_properties": common}


@pytest.mark.parametrize("path", [EVENTS, PROFILES])
def test_an_export_opened_after_a_profile_changed_has_the_rows_of_now(plans, path):
    times = 2 if path == EVENTS else 1
    assert identities(walk(plans, question(), path)) == sorted(["a", "c"] * times)
    set_plan(plans, "a", "Silver")
    set_plan(plans, "b", "Gold")
    assert identities(walk(plans, question(), path)) == sorted(["b", "c"] * times)
    assert plans.api("POST", COUNTS, json=question()).json()["count"] == 4


def test_an_export_by_telephone_follows_a_disassociation(plans):
    phone = "+4915112345678"
    record = {"type": "profile", "identity": "a", "profileData": {"Phone": phone}}
    plans.api("POST", "/1/upload", json={"d": [record]})
    asked_for = question({"profile_fields": [{"name": "Phone", "value": phone}]})
    cursor = opened(plans, asked_for)
    assert identities(walk(plans, asked_for)) == ["a", "a"]
    plans.api("POST", "/1/disassociate", json={"d": [{"type": "phone", "value": phone}]})
    assert identities(walk(plans, asked_for)) == []
    assert identities(pages_from(plans, cursor)) == ["a", "a"]


def test_an_open_export_keeps_the_rows_of_its_opening(plans):
    early = [opened(plans, question()) for _ in range(2)]
    first = plans.api("GET", f"{EVENTS}?cursor={early[0]}").json()
    for user, plan in {"a": "Silver", "b": "Gold", "c": "Silver"}.items():
        set_plan(plans, user, plan)
    between = opened(plans, question())
    set_plan(plans, "b", "Silver")
    rest = pages_from(plans, first.get("next_cursor"))
    assert identities([first, *rest]) == ["a", "a", "c", "c"]
    assert identities(pages_from(plans, early[1])) == ["a", "a", "c", "c"]
    assert identities(pages_from(plans, between)) == ["b", "b"]
    assert identities(walk(plans, question())) == []


def test_the_profile_in_a_row_is_as_of_its_page(plans):
    cursor = opened(plans, question())
    set_plan(plans, "a", "Silver")
    rows = records(pages_from(plans, cursor))
    found = {row["profile"]["identity"]: row["profile"]["profileData"]["Plan"] for row in rows}
    assert found == {"a": "Silver", "c": "Gold"}


def test_an_open_export_by_what_users_did_keeps_the_rows_of_its_opening(plans):
    often = {"did_all": [{"event_name": "Renewed", **DAYS, "operator": "gt", "value": 2}]}
    asked_for = {"event_name": "Renewed", **DAYS, "advanced_query": often}
    cursor = opened(plans, asked_for)
    event = {"type": "event", "identity": "a", "evtName": "Renewed", "ts": LATE_DAYS[0]}
    plans.api("POST", "/1/upload", json={"d": [event]})
    assert identities(pages_from(plans, cursor)) == []
    assert identities(walk(plans, asked_for)) == ["a", "a", "a"]
