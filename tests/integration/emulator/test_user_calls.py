"""Deletions, subscriptions and disassociations: stored as they came, and refused as a whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

DELETE, SUBSCRIBE, DISASSOCIATE = "/1/delete/profiles.json", "/1/subscribe", "/1/disassociate"
PHONE = {"type": "phone", "value": "+4915112345678"}


def post(emulator, path, body):
    return emulator.api("POST", path, json=body)


def upload(emulator, *records):
    return post(emulator, "/1/upload", {"d": records}).json()


def profile(identity, **properties):
    return {"type": "profile", "identity": identity, "profileData": properties}


def status_of(emulator, query):
    return emulator.api("GET", f"/1/profile.json?{query}").status_code


def test_deleted_users_are_gone_until_they_come_again(clean):
    upload(clean, profile("anna", Plan="gold"), profile("ben"), profile("carla"))
    device = {"type": "profile", "objectId": "__d4", "profileData": {"Plan": "x"}}
    upload(clean, device)
    assert post(clean, DELETE, {"identity": "anna"}).json() == {"status": "success"}
    assert post(clean, DELETE, {"identity": ["ben", "never seen"]}).json()["status"] == "success"
    assert post(clean, DELETE, {"guid": ["__d4"]}).json()["status"] == "success"
    assert status_of(clean, "identity=anna") == status_of(clean, "objectId=__d4") == 404
    assert status_of(clean, "identity=carla") == 200
    deleted = clean.calls()["deleted"]
    assert [(each["key"], each["value"]) for each in deleted] == [
        *(("identity", name) for name in ("anna", "ben", "never seen")),
        ("guid", "__d4"),
    ]
    assert len({each["request"] for each in deleted}) == 3
    upload(clean, profile("anna", City="Pune"))
    assert clean.api("GET", "/1/profile.json?identity=anna").json()["record"]["profileData"] == {
        "City": "Pune"
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"identity": []},
        {"guid": "__d4"},
        {"identity": ["anna"], "guid": ["__d4"]},
        {"identity": ["anna", "N/A"]},
        {"identity": ["anna", None]},
        {"identity": ["x" * 1024]},
        {"guid": ["a b"]},
        {"identity": [f"u{number}" for number in range(101)]},
        ["anna"],
    ],
    ids=range(10),
)
def test_a_deletion_with_a_fault_deletes_nobody(clean, body):
    upload(clean, profile("anna"))
    assert post(clean, DELETE, body).status_code == 400
    assert clean.calls()["deleted"] == []
    assert status_of(clean, "identity=anna") == 200


def test_a_hundred_are_deleted_at_once(clean):
    post(clean, DELETE, {"identity": [f"u{number}" for number in range(100)]})
    assert len(clean.calls()["deleted"]) == 100
    assert clean.requests()["requests"][-1]["records"] == 100


def test_subscriptions_are_stored_and_bad_ones_named(clean):
    mail = {"type": "email", "value": "anna@example.org"}
    answer = post(
        clean,
        SUBSCRIBE,
        {
            "d": [
                {**PHONE, "status": "Unsubscribe"},
                {**mail, "status": "Unsubscribe"},
                {**mail, "status": "Resubscribe"},
                {**mail, "status": "unsubscribed"},
                {"type": "email", "value": "nobody", "status": "Unsubscribe"},
                {"type": "whatsapp", "value": "0151", "status": "Unsubscribe"},
                {"type": "push", "value": "x", "status": "Unsubscribe"},
            ]
        },
    ).json()
    assert (answer["status"], answer["processed"]) == ("partial", 3)
    assert [each["code"] for each in answer["unprocessed"]] == [512, 515, 516, 524]
    assert answer["unprocessed"][0]["error"].endswith("Skipped record number : 4")
    assert clean.calls()["subscribed"] == {
        "phone:+4915112345678": "Unsubscribe",
        "email:anna@example.org": "Resubscribe",
    }


def test_a_disassociated_number_is_taken_from_its_user(clean):
    upload(clean, profile("anna", Phone=PHONE["value"], Plan="gold"))
    answer = post(clean, DISASSOCIATE, {"d": [PHONE, {"type": "email", "value": "a@b.co"}]}).json()
    assert (answer["processed"], answer["unprocessed"][0]["code"]) == (1, 524)
    record = clean.api("GET", "/1/profile.json?identity=anna").json()["record"]
    assert record.get("phone") is None
    assert [each["value"] for each in clean.calls()["disassociated"]] == [PHONE["value"]]


@pytest.mark.parametrize("path", [SUBSCRIBE, DISASSOCIATE])
def test_at_most_a_thousand_records(clean, path):
    record = {**PHONE, "status": "Unsubscribe"}
    assert post(clean, path, {"d": [record] * 1001}).status_code == 400
    assert post(clean, path, {"d": [record] * 1000}).json()["processed"] == 1000


def test_more_than_three_in_flight_are_too_many(clean):
    clean.faults([{"match": {"kind": "delete"}, "action": {"delay": 1}}])
    with ThreadPoolExecutor(4) as pool:
        bodies = [{"identity": [f"u{number}"]} for number in range(4)]
        answers = [*pool.map(lambda body: post(clean, DELETE, body).status_code, bodies)]
    assert sorted(answers) == [200, 200, 200, 429]
    assert clean.requests()["max_in_flight"]["calls"] == 4
    assert len(clean.calls()["deleted"]) == 3


def test_faults_and_the_reset_work_on_calls(clean):
    clean.faults(
        [
            {"match": {"kind": "delete", "number": 1}, "action": {"status": 503}},
            {"match": {"kind": "subscribe"}, "action": {"record_code": {"1": 555}}},
        ]
    )
    assert post(clean, DELETE, {"identity": "anna"}).status_code == 503
    assert clean.calls()["deleted"] == []
    assert post(clean, DELETE, {"identity": "anna"}).status_code == 200
    answer = post(clean, SUBSCRIBE, {"d": [{**PHONE, "status": "Resubscribe"}]}).json()
    assert answer["unprocessed"][0]["code"] == 555
    counts = clean.requests()["counts"]
    assert (counts["delete"], counts["subscribe"]) == (2, 1)
    clean.reset()
    assert clean.calls()["deleted"] == []


def test_the_last_token_of_a_device_is_known(clean):
    for token_id in ("t1", "t2"):
        data = {"id": token_id, "type": "apns"}
        upload(clean, {"type": "token", "objectId": "-a1", "tokenData": data})
    assert clean.calls()["tokens"] == {"-a1": "apns:t2"}
