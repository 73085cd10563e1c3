"""Cursors: their form, their life, and the responses of an export that is not ready."""

from __future__ import annotations

import time
from urllib.parse import quote, unquote

import pytest

from tests.support.walking import EVENTS, PROFILES, asking, opened, pages_from, records


@pytest.fixture
def cursor(clean):
    return opened(clean, asking(clean, "Charged"), batch_size=50)


def test_a_cursor_is_long_and_already_percent_encoded(cursor):
    assert 1700 < len(cursor) < 2200
    assert all(escape in cursor for escape in ("%2B", "%2F", "%3D"))


def test_a_cursor_encoded_twice_is_incorrect_usage(clean, cursor):
    answer = clean.api("GET", EVENTS, params={"cursor": cursor})
    assert answer.status_code == 200
    assert answer.json() == {"status": "fail", "error": "Incorrect Usage", "code": 3}


def test_a_cursor_decoded_once_and_encoded_by_the_client_works(clean, cursor):
    answer = clean.api("GET", EVENTS, params={"cursor": unquote(cursor)}).json()
    assert answer["status"] == "success"


def test_the_same_cursor_gives_the_same_page_each_time_by_get_and_by_post(clean, cursor):
    pages = [clean.api(method, f"{EVENTS}?cursor={cursor}").content for method in ("GET", "POST")]
    assert pages[0] == pages[1]
    following = clean.api("GET", f"{EVENTS}?cursor={cursor}").json()["next_cursor"]
    pages_from(clean, following)
    assert clean.api("GET", f"{EVENTS}?cursor={cursor}").content == pages[0]


def test_an_export_holds_what_was_stored_when_it_was_opened(clean, cursor):
    before = clean.truth(kind="events", event_name="Charged")["events"]
    event = {"type": "event", "identity": "late", "ts": 1788080400, "evtName": "charged"}
    clean.api("POST", "/1/upload", json={"d": [event]})
    after = records(pages_from(clean, cursor))
    assert len(after) == len(before)


def test_a_cursor_that_was_never_given_out_is_invalidated(clean, cursor):
    plain = unquote(cursor)
    forged = plain[:800] + ("AAAA" if plain[800:804] != "AAAA" else "BBBB") + plain[804:]
    assert clean.api("GET", EVENTS, params={"cursor": forged}).json()["code"] == 4004


def test_a_cursor_of_events_is_none_of_profiles(clean, cursor):
    assert clean.api("GET", f"{PROFILES}?cursor={cursor}").json()["code"] == 4004


@pytest.mark.parametrize("flag", ["cursor_life", "cursor_idle"])
def test_a_cursor_ends_with_its_life_or_when_idle(start_emulator, flag):
    emulator = start_emulator(preparing=0, **{flag: 1.5})
    cursor = opened(emulator, asking(emulator, "Charged"))
    assert emulator.api("GET", f"{EVENTS}?cursor={cursor}").json()["status"] == "success"
    time.sleep(2)
    answer = emulator.api("GET", f"{EVENTS}?cursor={cursor}").json()
    assert answer == {"status": "fail", "error": "CURSOR_INVALIDATED", "code": 4004}


@pytest.mark.parametrize("status", [200, 202])
def test_an_export_in_preparation_answers_code_2_and_does_not_advance(start_emulator, status):
    emulator = start_emulator(preparing=2, preparing_status=status)
    cursor = opened(emulator, asking(emulator, "Charged"))
    answers = [emulator.api("GET", f"{EVENTS}?cursor={cursor}") for _ in range(3)]
    assert [answer.json().get("code") for answer in answers] == [2, 2, None]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert "records" in answers[2].json() or "next_cursor" in answers[2].json()


def test_flags_are_bound_to_the_cursor(clean):
    question = asking(clean, "App Launched")
    off = {"app": "false", "events": "false", "profile": "false"}
    bare = records(pages_from(clean, opened(clean, question, **off)))
    full = records(pages_from(clean, opened(clean, question)))
    keys = set().union(*(record["profile"] for record in bare))
    assert keys == {"objectId", "identity", "platform", "push_token"}
    rich = set().union(*(record["profile"] for record in full))
    assert rich >= keys | {"events", "profileData", "name", "email", "phone", "make", "df"}


def test_a_profile_block_is_the_same_snapshot_on_all_records_of_a_user(clean):
    seen: dict[str, list] = {}
    question = asking(clean, "App Launched")
    for record in records(pages_from(clean, opened(clean, question))):
        profile = record["profile"]
        seen.setdefault(profile["objectId"], []).append(profile)
    assert max(len(blocks) for blocks in seen.values()) > 3
    assert all(block == blocks[0] for blocks in seen.values() for block in blocks)


def test_the_order_of_keys_changes_between_requests(clean):
    question = asking(clean, "App Launched")
    orders = {
        tuple(record)
        for _ in range(3)
        for record in records(pages_from(clean, opened(clean, question, batch_size=100)))
    }
    assert len(orders) >= 3


def test_the_old_form_of_opening_works(clean):
    query = quote('{"event_name":"Charged","from":20260830,"to":20260831}')
    answer = clean.api("GET", f"{EVENTS}?batch_size=50&query={query}").json()
    assert "cursor" in answer
