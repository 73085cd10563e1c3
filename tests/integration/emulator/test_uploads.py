"""Uploads: what is taken comes out again, what is refused is named."""

from __future__ import annotations

import json

import pytest

from tests.support.walking import PROFILES, asking, records, walk

NOON = 1_788_158_400  # 2026-08-31 12:10 in India


def upload(emulator, *entries, **query):
    return emulator.api("POST", "/1/upload", params=query, json={"d": list(entries)}).json()


def event(name="Order Placed", **changes):
    plain = {"type": "event", "identity": "anna", "ts": NOON, "evtName": name, "evtData": {"a": 1}}
    return plain | changes


def profile(properties=None, **changes):
    return {"type": "profile", "identity": "anna", "profileData": properties or {}} | changes


def token(object_id="__a1", **data):
    return {"type": "token", "objectId": object_id, "tokenData": {"id": "t", "type": "fcm"} | data}


def user(emulator, identity="anna"):
    return emulator.api("GET", f"/1/profile.json?identity={identity}").json()["record"]


REFUSED = [
    (509, event(name="")),
    (509, event(name=None)),
    (512, event(evtData=[1])),
    (512, event(evtData={"a": "x" * 513})),
    (512, event(evtData={"a": {"b": 1}})),
    (512, event("Charged", evtData={"Items": {"a": 1}})),
    (512, event("Charged", evtData={"Items": [{"a": [1]}]})),
    (512, event("Charged", evtData={"Items": [{}] * 257})),
    (513, event("app launched")),
    (514, profile({"Gender": "X"})),
    (515, profile({"Email": "anna@nowhere"})),
    (516, profile({"Phone": "0151 1234"})),
    (517, profile({"Employed": "maybe"})),
    (518, profile({"Education": "Kindergarten"})),
    (519, profile({"Married": True})),
    (520, profile({"Age": "old"})),
    (522, event(evtData={f"p{number}": 1 for number in range(257)})),
    (523, event(identity=None)),
    (523, profile(identity="N/A")),
    (523, profile(identity="x" * 1024)),
    (524, event(type="order")),
    (524, "no record"),
    (525, event(ts=0)),
    (525, event(ts="2026-08-31")),
    (525, event(ts=NOON * 1000)),
    (526, {"type": "event", "objectId": "a b", "evtName": "x", "ts": NOON}),
    (528, event("legacy bannershown")),
    (530, {"type": "token", "tokenData": {"id": "t", "type": "fcm"}}),
    (531, {"type": "token", "objectId": "__a1", "tokenData": "t"}),
    (532, token(id="")),
    (533, token(type=None)),
    (534, token(object_id="-a1")),
    (535, token(type="pager")),
]


@pytest.mark.parametrize(
    ("code", "entry"),
    REFUSED,
    ids=[f"{code}-{number}" for number, (code, _) in enumerate(REFUSED)],
)
def test_a_refused_record_is_named_with_its_code_number_and_echo(clean, code, entry):
    answer = upload(clean, event(), entry)
    assert (answer["status"], answer["processed"]) == ("partial", 1)
    (refused,) = answer["unprocessed"]
    assert (refused["code"], refused["record"]) == (code, entry)
    assert refused["error"].endswith("Skipped record number : 2")
    assert clean.uploads()["counts"] == {"events": 1, "profiles": 0, "tokens": 0}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (event(""), "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. "),
        (profile({"Email": "x"}), "Profile data is incorrect. Email is not valid."),
        (event(ts=0), "Timestamp should be present in the Unix Epoch format. "),
    ],
    ids=["509", "515", "525"],
)
def test_refusals_have_the_recorded_texts(clean, entry, text):
    answer = upload(clean, entry)
    assert (answer["status"], answer["processed"]) == ("fail", 0)
    assert answer["unprocessed"][0]["error"] == f"{text}Skipped record number : 1"


def test_uploaded_events_come_out_of_exports_under_the_stored_spelling(clean):
    before = clean.truth(kind="events", event_name="Product Viewed")["events"]
    answer = upload(clean, event("productviewed", evtData={"Sort": "é", "none": None, "e": ""}))
    assert answer == {"status": "success", "processed": 1, "unprocessed": []}
    read = records(walk(clean, asking(clean, "Product Viewed")))
    assert len(read) == len(before) + 1
    (mine,) = (record for record in read if record["profile"].get("identity") == "anna")
    assert (mine["ts"], mine["event_props"]) == (20260831121000, {"Sort": "é"})


def test_a_new_name_becomes_an_event_and_an_unknown_identity_a_profile(clean):
    upload(clean, event("Order Placed"), event("orderPLACED", identity="ben"))
    schema = clean.api("GET", "/getSchema?type=events").json()["events"]
    assert [each["name"] for each in schema].count("Order Placed") == 1
    people = records(walk(clean, asking(clean, "Order Placed"), PROFILES))
    assert {person["identity"] for person in people} == {"anna", "ben"}


def test_of_two_property_names_that_are_one_the_later_value_is_kept(clean):
    upload(clean, event(evtData={"Total Price": 10, "Shop": "a", "totalPRICE": 20}))
    (stored,) = clean.truth(kind="events", event_name="Order Placed")["events"]
    assert stored["event_props"] == {"Total Price": 20, "Shop": "a"}
    upload(clean, profile({"Plan": "gold", "plan": "free", "E mail": "a@b.co", "email": "c@d.co"}))
    record = user(clean)
    assert (record["profileData"], record["email"]) == ({"Plan": "free"}, "c@d.co")


def test_a_property_keeps_the_spelling_it_was_stored_under(clean):
    upload(clean, profile({"Loyalty Points": 5}), profile({"loyaltypoints": {"$incr": 2}}))
    assert user(clean)["profileData"] == {"Loyalty Points": 7}


def test_checks_know_a_property_in_any_spelling(clean):
    answer = upload(clean, profile({"PH ONE": "0151 1234"}))
    assert [each["code"] for each in answer["unprocessed"]] == [516]


def test_an_identity_in_any_spelling_is_attached_to_a_device(clean):
    attached = {"type": "profile", "objectId": "__c3", "profileData": {"Identity": "carla"}}
    upload(clean, event(objectId="__c3", identity=None), attached)
    assert user(clean, "carla")["platformInfo"] == [{"objectId": "__c3"}]


def test_numbers_of_events_keep_their_digits(clean):
    body = (
        b'{"d":[{"type":"event","identity":"anna","ts":%d,"evtName":"Exact",'
        b'"evtData":{"big":123456789012345678901234567890,"fine":0.10000000000000000001}}]}' % NOON
    )
    clean.api("POST", "/1/upload", data=body)
    assert (
        b"123456789012345678901234567890"
        in clean.session.get(clean.url + "/_emulator/truth?event_name=Exact", timeout=10).content
    )
    question = json.dumps(asking(clean, "Exact"))
    cursor = clean.api("POST", "/1/events.json", data=question).json()["cursor"]
    assert b"0.10000000000000000001" in clean.api("GET", f"/1/events.json?cursor={cursor}").content


def test_a_repeated_event_is_a_second_event(clean):
    upload(clean, event(), event())
    upload(clean, event())
    assert len(clean.truth(kind="events", event_name="Order Placed")["events"]) == 3


def test_operators_act_on_the_profile(clean):
    upload(
        clean,
        profile({"Name": "Anna", "Points": 5, "Old": "x", "Tags": {"$set": ["a", "b"]}}),
        profile({"Points": {"$incr": 3}, "Old": {"$delete": 1}, "Tags": {"$add": ["c", "a"]}}),
        profile({"Points": {"$decr": 1}, "Tags": {"$remove": ["b"]}, "Name": None, "Empty": ""}),
    )
    record = user(clean)
    assert record["name"] == "Anna"
    assert record["profileData"] == {"Points": 7, "Tags": ["a", "c"]}


def test_more_than_the_allowed_values_push_the_oldest_out(clean):
    upload(clean, profile({"Tags": {"$add": [f"t{number}" for number in range(103)]}}))
    tags = user(clean)["profileData"]["Tags"]
    assert (len(tags), tags[0], tags[-1]) == (100, "t3", "t102")


def test_a_token_is_stored_on_its_device(clean):
    assert upload(clean, token())["status"] == "success"
    record = clean.api("GET", "/1/profile.json?objectId=__a1").json()["record"]
    assert record["platformInfo"] == [{"objectId": "__a1", "push_token": "fcm:t"}]


def test_an_identity_is_attached_to_a_device(clean):
    attached = {"type": "profile", "objectId": "__b2", "profileData": {"identity": "berta"}}
    upload(clean, event(objectId="__b2", identity=None), attached)
    assert user(clean, "berta")["platformInfo"] == [{"objectId": "__b2"}]


def test_what_was_stored_is_listed_as_received_with_its_request(clean):
    upload(clean, profile({"Name": "A"}), event())
    upload(clean, event("Second"))
    stored = clean.uploads()
    assert [entry["record"]["evtName"] for entry in stored["events"]] == ["Order Placed", "Second"]
    assert [entry["request"] for entry in stored["events"]] == [1, 2]
    assert stored["profiles"][0]["record"] == profile({"Name": "A"})
    assert clean.uploads(kind="events", since=1, limit=5)["events"] == stored["events"][1:]


def test_a_dry_run_checks_and_stores_nothing(clean):
    answer = upload(clean, event(), event(""), dryRun=1)
    assert (answer["status"], answer["processed"]) == ("partial", 1)
    assert clean.uploads()["counts"]["events"] == 0
    assert clean.truth(kind="events", event_name="Order Placed")["events"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"d":5}', b'{"d":[{"a":}]}', b"\xff"])
def test_a_malformed_body_is_http_400(clean, body):
    answer = clean.api("POST", "/1/upload", data=body)
    assert answer.status_code == 400
    assert answer.json() == {"status": "fail", "error": "Malformed request", "code": 400}


def test_too_many_records_or_bytes_are_refused_whole(start_emulator):
    emulator = start_emulator(max_upload_bytes=200_000)
    answer = emulator.api("POST", "/1/upload", json={"d": [event()] * 1001})
    assert (answer.status_code, answer.json()["status"]) == (400, "fail")
    wide = [event(evtData={"a": "x" * 500}) for _ in range(400)]
    assert emulator.api("POST", "/1/upload", json={"d": wide}).status_code == 413
    assert emulator.uploads()["counts"]["events"] == 0


def test_limits_on_which_sources_differ_are_switches(start_emulator):
    emulator = start_emulator(max_event_properties=100, max_value_length=1024, nested_objects=True)
    many = event(evtData={f"p{number}": 1 for number in range(101)})
    answer = upload(emulator, event(evtData={"a": "x" * 1024, "b": {"c": [1]}}), many)
    assert [refused["code"] for refused in answer["unprocessed"]] == [522]


BEYOND = [
    *(event(evtData={name: 1}) for name in ("x" * 121, "a.b", " ")),
    *(profile({name: 1}) for name in ("x" * 121, "a.b", "a#b")),
    profile({"a": "x" * 513}),
    profile({f"p{number}": 1 for number in range(257)}),
]
WITHIN = [
    *(event(evtData={name: 1}) for name in ("x" * 120, "a#b")),
    profile({"x" * 120: 1, "a": "x" * 512, "Old": {"$delete": 1}}),
    profile({f"p{number}": 1 for number in range(256)}),
]


def test_limits_without_a_documented_code_are_checked_on_demand(clean, start_emulator):
    assert upload(clean, *BEYOND, *WITHIN)["unprocessed"] == []
    answer = upload(start_emulator(property_limits=True), *WITHIN, *BEYOND)
    assert answer["processed"] == len(WITHIN)
    assert [each["code"] for each in answer["unprocessed"]] == [*[512] * 7, 522]


def test_reset_takes_back_what_uploads_changed(clean):
    truth = clean.truth()
    upload(clean, event(), profile({"Name": "A"}))
    person = next(person for person in truth["profiles"] if person["identity"])
    upload(clean, profile({"Name": "Changed"}, identity=person["identity"]))
    assert clean.truth() != truth
    clean.reset()
    assert clean.truth() == truth
    assert clean.uploads()["counts"] == {"events": 0, "profiles": 0, "tokens": 0}
    assert clean.requests()["requests"] == []


def test_uploads_that_are_only_counted_are_neither_checked_nor_kept(start_emulator):
    emulator = start_emulator(days=1, users=1, count_uploads=True)
    records = [{"type": "event"}, {"type": "profile", "identity": "anna"}]
    answer = emulator.api("POST", "/1/upload", json={"d": records}).json()
    assert (answer["status"], answer["processed"]) == ("success", 2)
    emulator.api("POST", "/1/upload", json={"d": records}, params={"dryRun": "1"})
    assert emulator.uploads()["counted"] == 2
    assert emulator.uploads()["counts"] == {"events": 0, "profiles": 0, "tokens": 0}


def test_an_age_of_thousands_of_digits_is_refused(clean):
    answer = upload(clean, {"type": "profile", "identity": "a", "profileData": {"Age": "1" * 5000}})
    assert [each["code"] for each in answer["unprocessed"]] == [520]


def test_a_record_nested_too_deeply_makes_the_upload_malformed(clean):
    nested = '{"type": "event", "identity": "a", "evtName": "E", "evtData": {"a": %s%s}}'
    body = '{"d": [' + nested % ("[" * 5000, "]" * 5000) + "]}"
    assert clean.api("POST", "/1/upload", data=body).json()["code"] == 400
    assert clean.uploads()["events"] == []
