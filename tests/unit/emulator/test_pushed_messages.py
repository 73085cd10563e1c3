"""What pushed messages hold, as the official pages have it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest

from clevertap_emulator.push.messages import PushMessages
from clevertap_emulator.push.settings import PushContent, PushKind, PushSettings, Spelling
from clevertap_emulator.settings import Settings

NAMES = {
    Spelling.CAMEL: {"email", "identity", "objectId", "profileData", "event_properties"}
    | {"push_token"},
    Spelling.CAPITALISED: {"Email", "Identity", "ObjectId", "ProfileData", "Event_properties"}
    | {"Push_token"},
    Spelling.LOWER: {"key_values", "email", "identity", "all_identities", "objectId", "phone"}
    | {"name", "systemProfileData", "profileData", "event_properties", "session_props"}
    | {"push_token"},
}


def messages(count=200, *, odd_values=False, **settings):
    history = Settings(days=3, today="2026-08-31", users=100, odd_values=odd_values)
    made = PushMessages(history, PushSettings(**settings))
    return [made.message(number) for number in range(1, count + 1)]


def parsed(message):
    return json.loads(message.body.content, parse_float=Decimal)


def form_of(body):
    """Return the type of what a body holds, or why it holds nothing."""
    try:
        return type(json.loads(body.content))
    except UnicodeDecodeError:
        return "not UTF-8"
    except (ValueError, RecursionError):
        return "no JSON"


@pytest.mark.parametrize("spelling", NAMES)
def test_profiles_have_the_names_of_a_page(spelling):
    found = [
        profile
        for message in messages(content=PushContent.LIST, spelling=spelling)
        for profile in parsed(message)["profiles"]
    ]
    assert set().union(*found) == NAMES[spelling]
    lacking = [profile for profile in found if "identity" not in {n.lower() for n in profile}]
    assert 0 < len(lacking) < len(found)


def test_a_broadcast_has_a_list_and_a_personalised_message_an_object():
    lists = [parsed(each)["profiles"] for each in messages(content=PushContent.LIST, profiles=3)]
    assert Counter(map(len, lists)).keys() == {1, 2, 3}
    objects = [parsed(each)["profiles"] for each in messages(content=PushContent.OBJECT)]
    assert all(isinstance(each, dict) for each in objects)


def test_a_mixture_has_everything_and_begins_with_the_test_message():
    first, *others = messages()
    assert parsed(first)["is_test"] is True
    assert len(parsed(first)["profiles"]) == 5
    contents = Counter(each.content for each in others)
    assert contents.keys() == {"list", "object", "custom", "text"}
    types = {each.content: each.body.content_type for each in others}
    assert types["text"].startswith("text/plain")
    assert types["custom"] == "application/json"


def test_the_number_of_profiles_is_that_of_the_body():
    for message in messages(odd_values=True):
        if message.content in {"list", "object", "test"}:
            profiles = parsed(message)["profiles"]
            expected = len(profiles) if isinstance(profiles, list) else 1
            assert message.body.profiles == expected
            assert parsed(message)["key_values"]["message"] == str(message.number)


@pytest.mark.parametrize("kind", PushKind)
def test_no_two_messages_have_equal_bodies(kind):
    bodies = [each.body.content for each in messages(600, odd_values=True, kind=kind)]
    assert len(set(bodies)) == 600


def test_unusual_messages_come_only_on_request():
    assert "odd" not in {each.content for each in messages()}
    odd = [each.body for each in messages(odd_values=True) if each.content == "odd"]
    assert len(odd) == 66
    assert {*map(form_of, odd)} >= {dict, list, int, str, "not UTF-8", "no JSON"}


def test_numbers_keep_their_digits():
    bodies = [each.body.content for each in messages(600, odd_values=True)]
    assert any(b"9007199254740993" in body for body in bodies)
    assert any(b"12345678901234567890" in body for body in bodies)
    assert any(b":1.10" in body for body in bodies)


def test_an_envelope_has_the_fields_of_eventbridge():
    found = messages(kind=PushKind.EVENTBRIDGE)
    envelopes = [parsed(each) for each in found]
    fields = {"version", "id", "detail-type", "source", "time", "region", "resources", "detail"}
    may_be = {"account", "ingestion-time", "replay-name"}
    assert set.intersection(*map(set, envelopes)) == fields
    assert set().union(*envelopes) == fields | may_be
    assert [each["id"] for each in envelopes] == [each.id for each in found]
    assert len({each.id for each in found}) == 200
    contents = Counter(each.content for each in found)
    assert contents.keys() == {"event", "list", "object", "custom"}


def test_an_event_in_an_envelope_is_that_of_export_files_at_its_time():
    for message in messages(kind=PushKind.EVENTBRIDGE, content=PushContent.EVENT):
        envelope = parsed(message)
        detail = envelope["detail"]
        assert {"ts", "eventName", "profile", "deviceInfo", "sessionProps"} <= detail.keys()
        moment = datetime.strptime(envelope["time"], "%Y-%m-%dT%H:%M:%S%z")
        local = datetime.strptime(f"{detail['ts']}+0530", "%Y%m%d%H%M%S%z")
        assert local == moment
