"""Reading exports to their end gives exactly the truth."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.walking import EVENTS, PROFILES, as_truth, asking, canonical, records, walk

BOTH = pytest.mark.parametrize("contract", ["documented", "captured"])


def read_all(emulator, names, size=5000) -> Counter[str]:
    return Counter(
        as_truth(name, record)
        for name in names
        for record in records(walk(emulator, asking(emulator, name), batch_size=size))
    )


def truth_of(emulator) -> Counter[str]:
    return Counter(canonical(event) for event in emulator.truth(kind="events")["events"])


@BOTH
@pytest.mark.parametrize("size", [23, 100, 5000])
def test_every_event_leaves_once_whatever_the_page_size(start_emulator, contract, size):
    emulator = start_emulator(contract=contract, days=3, preparing=0, events_per_day=400)
    names = emulator.truth(kind="none")["event_names"]
    assert read_all(emulator, names, size) == truth_of(emulator)


@BOTH
def test_every_person_leaves_once_with_all_devices(start_emulator, contract):
    emulator = start_emulator(contract=contract, days=3, users=300)
    truth = emulator.truth(kind="profiles", event_name="App Launched")["profiles"]
    pages = walk(emulator, asking(emulator, "App Launched"), PROFILES, batch_size=50)
    read = Counter(
        (person.get("identity"), *(device["objectId"] for device in person["platformInfo"]))
        for person in records(pages)
    )
    assert read == Counter((person["identity"], *person["object_ids"]) for person in truth)
    assert max(len(person["object_ids"]) for person in truth) > 1
    assert any(person["identity"] is None for person in truth)


def test_the_documented_walk_ends_with_records_and_the_captured_one_with_a_bare_page(
    start_emulator,
):
    last = {}
    for contract in ("documented", "captured"):
        emulator = start_emulator(contract=contract, days=2, preparing=0)
        last[contract] = walk(emulator, asking(emulator, "Charged"), batch_size=50)[-1]
    assert last["captured"] == {"status": "success"}
    assert last["documented"]["records"]
    assert "next_cursor" not in last["documented"]


@BOTH
def test_a_range_without_data_has_no_records_key(start_emulator, contract):
    emulator = start_emulator(contract=contract, preparing=0)
    pages = walk(emulator, asking(emulator, "Refund Requested"))
    assert pages == [{"status": "success"}]


@pytest.mark.parametrize(
    ("asked", "given"),
    [(25, 23), (50, 46), (5000, 4991), (60_000, 4991), (None, 4991)],
    ids=["25", "50", "5000", "more", "omitted"],
)
def test_pages_are_filled_from_23_shards(start_emulator, asked, given):
    daily = 1000 if given < 100 else 6000
    emulator = start_emulator(preparing=0, hollow_pages=False, days=10, events_per_day=daily)
    sizes = {"batch_size": asked} if asked else {}
    pages = walk(emulator, asking(emulator, "App Launched"), **sizes)
    assert max(len(page.get("records", [])) for page in pages) == given
    assert len(records(pages)) > given


def test_a_page_size_below_23_is_no_limit(clean):
    pages = walk(clean, asking(clean, "App Launched"), batch_size=5)
    assert max(len(page.get("records", [])) for page in pages) > 1000


def test_short_hollow_and_absent_pages_stand_in_the_middle_of_a_walk(clean):
    questions = [asking(clean, name) for name in ("App Launched", "Charged", "Search")]
    walks = [walk(clean, question, batch_size=25)[:-2] for question in questions]
    middles = [page for pages in walks for page in pages]
    assert any("records" not in page for page in middles)
    assert any(page.get("records") == [] for page in middles)
    assert any(0 < len(page.get("records", [])) < 23 for page in middles)
    assert all("next_cursor" in page for page in middles)


def test_the_order_over_pages_is_not_the_order_of_time(clean):
    stamps = [
        record["ts"]
        for record in records(walk(clean, asking(clean, "App Launched"), batch_size=50))
    ]
    assert stamps != sorted(stamps)


def test_a_busy_event_holds_identical_twins(clean):
    truth = clean.truth(kind="events", event_name="Product Viewed")["events"]
    assert max(Counter(canonical(event) for event in truth).values()) >= 2


def test_a_day_whose_midnight_does_not_exist_starts_at_one(start_emulator):
    emulator = start_emulator(timezone="America/Sao_Paulo", today="2018-11-05", days=3, preparing=0)
    events = emulator.truth(kind="events", from_day=20181104, to_day=20181104)["events"]
    stamps = [event["ts"] for event in events]
    assert min(stamps) // 10_000 == 2018110401
    assert {stamp // 1_000_000 for stamp in stamps} == {20181104}
    assert read_all(emulator, ["App Launched", "Charged"]) == Counter(
        canonical(event)
        for event in emulator.truth(kind="events", event_name=["App Launched", "Charged"])["events"]
    )


def test_a_day_that_the_zone_skipped_has_no_events(start_emulator):
    emulator = start_emulator(timezone="Pacific/Apia", today="2012-01-01", days=5)
    days = {event["ts"] // 1_000_000 for event in emulator.truth(kind="events")["events"]}
    assert days == {20111228, 20111229, 20111231, 20120101}


def test_the_same_seed_and_day_give_the_same_events_whatever_was_asked_before(start_emulator):
    first = start_emulator(today="2026-08-31", days=365)
    second = start_emulator(today="2026-08-31", days=5)
    first.truth(kind="events", from_day=20260101, to_day=20260120)
    asked = {"kind": "events", "from_day": 20260829, "to_day": 20260830}
    assert first.truth(**asked) == second.truth(**asked)
    third = start_emulator(today="2026-08-31", days=5, seed=8)
    assert third.truth(**asked) != second.truth(**asked)


def test_both_ends_of_a_range_are_read(clean):
    question = {"event_name": "App Launched", "from": 20260828, "to": "20260829"}
    days = {record["ts"] // 1_000_000 for record in records(walk(clean, question))}
    assert days == {20260828, 20260829}


def test_a_long_export_is_read_in_chapters_without_losing_any(start_emulator):
    emulator = start_emulator(today="2026-08-31", days=8, events_per_day=100_000, preparing=0)
    pages = walk(emulator, asking(emulator, "Search"), batch_size=5000, profile="false")
    truth = emulator.api("POST", "/1/counts/events.json", json=asking(emulator, "Search")).json()
    assert len(records(pages)) == truth["count"]


def test_an_export_opened_again_has_the_same_pages_until_somebody_changes(clean):
    question = asking(clean, "Charged")
    first = records(walk(clean, question, batch_size=50))
    assert records(walk(clean, question, batch_size=50)) == first
    user = next(event["profile"]["identity"] for event in first if "identity" in event["profile"])
    upload = {"type": "profile", "identity": user, "profileData": {"City": "Çeşme"}}
    clean.api("POST", "/1/upload", json={"d": [upload]}).raise_for_status()
    again = records(walk(clean, question, batch_size=50))
    changed = [event for event in again if event["profile"].get("identity") == user]
    assert {event["profile"]["profileData"]["City"] for event in changed} == {"Çeşme"}


def test_events_that_never_happened_are_listed_and_have_no_rows(start_emulator):
    emulator = start_emulator(empty_events=2, days=2, preparing=0)
    listed = [each["name"] for each in emulator.api("GET", "/getSchema").json()["events"]]
    assert listed[-2:] == ["Never Happened 1", "Never Happened 2"]
    assert walk(emulator, asking(emulator, "Never Happened 2")) == [{"status": "success"}]
    unknown = emulator.api("POST", EVENTS, json=asking(emulator, "Never Happened 3")).json()
    assert "Invalid event" in unknown["error"]
