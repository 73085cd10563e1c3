"""Campaigns, message reports, category groups and content blocks."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

MONTH = {"from": 20260801, "to": 20260831}
LIST, RESULT, REPORT = "/1/targets/list.json", "/1/targets/result.json", "/1/message/report.json"
BLOCKS = "/v1/contentBlock/list"


@pytest.fixture(scope="module")
def project(start_emulator_for_module):
    return start_emulator_for_module(today="2026-08-31", days=92)


def asked(project, path, **query):
    return project.api("POST", path, json=query).json()


def campaigns(project):
    windows = [(20260601, 20260630), (20260701, 20260731), (20260801, 20260831)]
    later = [(20260901, 20260930)]
    return [
        each
        for first, last in windows + later
        for each in asked(project, LIST, **{"from": first, "to": last})["targets"]
    ]


def test_campaigns_are_listed_by_the_day_they_are_scheduled_on(project):
    listed = campaigns(project)
    assert len({each["id"] for each in listed}) == len(listed) > 40
    assert all(each.keys() == {"id", "name", "scheduled_on", "status"} for each in listed)
    days = [each["scheduled_on"] // 10_000 for each in listed]
    assert days == sorted(days)
    statuses = {each["scheduled_on"] // 10_000 > 20260831: each["status"] for each in listed}
    assert statuses == {False: statuses[False], True: "scheduled"}
    assert any(each["id"] > 2**53 for each in listed)


@pytest.mark.parametrize(
    "days",
    [{"from": 20260731, "to": 20260831}, {"from": 20260831, "to": 20260801}, {"from": 20260801}],
    ids=["32-days", "reversed", "one"],
)
def test_campaigns_are_asked_for_at_most_31_days(project, days):
    assert asked(project, LIST, **days)["code"] == 4002


def test_a_result_comes_or_is_not_finished_in_each_known_form(project):
    seen = Counter()
    for each in campaigns(project):
        answer = project.api("POST", RESULT, json={"id": each["id"]})
        body = answer.json()
        finished = body.get("result", {}).keys() == {"sent", "clicked"}
        if finished:
            assert each["status"] == "completed"
        seen[answer.status_code, body["status"], body.get("code"), finished] += 1
    assert {*seen} == {
        (200, "success", None, True),
        (200, "fail", None, False),
        (409, "fail", None, False),
        (500, "fail", 500, False),
        (200, "success", 200, False),
    }
    assert seen[200, "success", None, True] > 10


def test_an_unknown_campaign_has_no_result(project):
    assert asked(project, RESULT, id=5)["error"] == "Invalid target id"
    assert asked(project, RESULT, id="5")["code"] == 400


def test_messages_are_matched_by_their_start_date(project):
    whole = asked(project, REPORT, **MONTH)
    assert whole["total_results"] == len(whole["messages"]) > 31
    assert len({each["message id"] for each in whole["messages"]}) == whole["total_results"]
    parts = [
        asked(project, REPORT, **{"from": str(first), "to": str(last)})["messages"]
        for first, last in [(20260801, 20260814), (20260815, 20260828), (20260829, 20260831)]
    ]
    assert [each for part in parts for each in part] == whole["messages"]
    days = {each["start_date"] for each in whole["messages"]}
    assert (min(days), max(days)) == ("20260801", "20260831")


def test_messages_are_filtered(project):
    whole = asked(project, REPORT, **MONTH)["messages"]
    channels = asked(project, REPORT, **MONTH, channel=["push", "email"], daily=False)
    assert channels["messages"] == [each for each in whole if each["channel"] in {"push", "email"}]
    assert 0 < channels["total_results"] < len(whole)
    labels = asked(project, REPORT, **MONTH, label="promo,festival")["messages"]
    assert labels == [each for each in whole if {"promo", "festival"} & {*each["labels"]}]


def test_counts_of_a_message_grow_for_some_days(project, start_emulator):
    later = start_emulator(today="2026-09-05", days=97)
    question = {"from": 20260801, "to": 20260831}
    old = {each["message id"]: each for each in asked(project, REPORT, **question)["messages"]}
    new = {each["message id"]: each for each in asked(later, REPORT, **question)["messages"]}
    assert old.keys() == new.keys()
    grown = {each["start_date"] for key, each in new.items() if each["sent"] > old[key]["sent"]}
    assert (min(grown), max(grown)) == ("20260823", "20260831")
    assert all(each["sent"] >= old[key]["sent"] for key, each in new.items())


def test_a_report_takes_its_time_by_days_and_may_be_refused(start_emulator):
    emulator = start_emulator(today="2026-08-31", days=40, report_day_ms=100, report_max_days=14)
    refused = asked(emulator, REPORT, **{"from": 20260817, "to": 20260831})
    assert refused["code"] == 4002
    with pytest.raises(requests.ReadTimeout):
        emulator.api("POST", REPORT, json={"from": 20260818, "to": 20260831}, timeout=1)
    assert asked(emulator, REPORT, **{"from": 20260831, "to": 20260831})["status"] == "success"


def test_category_groups(project):
    answer = project.api("GET", "/category-groups").json()
    assert answer["status"] == "success"
    assert [each["key"] for each in answer["list"]] == [1, 2, 3]
    assert answer["list"][0].keys() == {
        "name",
        "key",
        "description",
        "channels",
        "updated_on",
        "created_on",
    }


def blocks(project, **params):
    return project.api("GET", BLOCKS, params=params)


def test_content_blocks_come_in_pages(project):
    pages = [blocks(project, pageNumber=n, pageSize=100).json() for n in (1, 2, 3, 4)]
    assert [len(page["contentBlocks"]) for page in pages] == [100, 100, 30, 0]
    assert {page["total"] for page in pages} == {230}
    ids = [each["id"] for page in pages for each in page["contentBlocks"]]
    assert len(set(ids)) == 230


def test_content_blocks_are_filtered_by_dates_with_milliseconds(project):
    bound = "2026-08-20T00:00:00.000Z"
    found = blocks(project, updatedFrom=bound).json()
    assert 0 < found["total"] < 230
    assert all(each["updatedAt"] >= bound for each in found["contentBlocks"])
    rest = blocks(project, updatedTo=bound).json()["total"]
    assert found["total"] + rest >= 230
    refused = blocks(project, updatedFrom="2026-08-20T00:00:00Z")
    assert (refused.status_code, refused.json()["error"]) == (400, "Enter date in ISO format")


@pytest.mark.parametrize(
    "page", [{"pageSize": 101}, {"pageSize": 0}, {"pageNumber": 0}, {"pageNumber": "x"}]
)
def test_a_page_that_does_not_exist_is_refused(project, page):
    assert blocks(project, **page).status_code == 400


def test_unknown_credentials_are_refused_everywhere(project):
    wrong = project.headers | {"X-CleverTap-Passcode": "guess"}
    for path in ("/category-groups", BLOCKS):
        assert project.api("GET", path, headers=wrong).status_code == 401
    for path in (LIST, RESULT, REPORT):
        assert project.api("POST", path, headers=wrong, json=MONTH).status_code == 401


def test_faults_can_name_reports(start_emulator):
    emulator = start_emulator(days=2)
    body = {"status": "fail", "error": "Feature is not enabled"}
    match = {"kind": "report", "path": "/v1/contentBlock"}
    emulator.faults([{"match": match, "action": {"status": 403, "body": body}}])
    assert blocks(emulator).status_code == 403
    assert emulator.api("GET", "/category-groups").status_code == 200
