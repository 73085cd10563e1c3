"""Counts, trends and single profiles agree with the truth."""

from __future__ import annotations

import pytest

from tests.support.walking import asking


def counted(emulator, path, question):
    answer = emulator.api("POST", path, json=question).json()
    polls = 0
    while answer["status"] == "partial":
        polls += 1
        answer = emulator.api("GET", f"{path}?req_id={answer['req_id']}").json()
    return answer, polls


def test_a_count_is_polled_for_and_is_the_truth(start_emulator):
    emulator = start_emulator(days=4, preparing=2)
    question = asking(emulator, "Charged")
    truth = emulator.truth(event_name="Charged")
    events, polls = counted(emulator, "/1/counts/events.json", question)
    people, _ = counted(emulator, "/1/counts/profiles.json", question)
    unique, _ = counted(emulator, "/1/counts/events.json", question | {"unique": True})
    assert polls == 2
    assert events == {"status": "success", "count": len(truth["events"])}
    assert people["count"] == unique["count"] == len(truth["profiles"])
    devices = {event["object_id"] for event in truth["events"]}
    assert people == {
        "status": "success",
        "count": len(truth["profiles"]),
        "nQCount": 0,
        "tcount": len(truth["events"]),
        "userDeviceCount": {"devices": len(devices), "users": len(truth["profiles"])},
    }


@pytest.mark.parametrize("trend", ["daily", "weekly", "monthly"])
def test_trends_add_up_to_the_count(clean, trend):
    question = asking(clean, "Charged")
    groups = {"groups": {"mine": {"trend_type": trend}}}
    trends, _ = counted(clean, "/1/counts/trends.json", question | groups)
    count, _ = counted(clean, "/1/counts/events.json", question)
    assert sum(trends["mine"].values()) == count["count"]


def test_a_req_id_never_given_out_is_refused(clean):
    assert clean.api("GET", "/1/counts/events.json?req_id=5").json()["status"] == "fail"


@pytest.mark.parametrize("key", ["identity", "objectId", "email"])
def test_a_profile_is_found_by_each_key(clean, key):
    truth = clean.truth(kind="profiles")["profiles"]
    person = next(person for person in truth if person["email"] and person["identity"])
    values = {
        "identity": person["identity"],
        "objectId": person["object_ids"][-1],
        "email": person["email"],
    }
    answer = clean.api("GET", "/1/profile.json", params={key: values[key]}).json()
    assert answer["record"]["identity"] == person["identity"]
    assert len(answer["record"]["platformInfo"]) == len(person["object_ids"])


def test_an_unknown_profile_is_404(clean):
    assert clean.api("GET", "/1/profile.json?identity=nobody").status_code == 404
