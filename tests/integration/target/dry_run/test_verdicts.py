"""Three ways to the same verdict: a local dry run, CleverTap's own dry run, and a real run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.dry_runs import refusals
from tests.support.target_process import record, schema

USER = {"id": "user-1"}
PROFILES = {
    "fine": {"Name": "Ann", "Gender": "F", "Email": "a@x.org", "Phone": "+4917012345", "Age": 40},
    "gender": {"Gender": "female"},
    "gender_in_lower_case": {"gender": "m"},
    "email": {"Email": "nobody"},
    "email_with_space": {"Email": "a b@x.org"},
    "email_in_capitals": {"E M A I L": "nobody"},
    "phone_without_country": {"Phone": "0170 123456"},
    "phone_too_short": {"Phone": "+123456"},
    "phone_shortest": {"Phone": "+1234567"},
    "phone_longest": {"Phone": "+123456789012345"},
    "phone_too_long": {"Phone": "+1234567890123456"},
    "phone_number": {"Phone": 170123},
    "employed": {"Employed": "yes"},
    "employed_fine": {"Employed": "Y"},
    "education": {"Education": "school"},
    "education_fine": {"Education": "Graduate"},
    "married": {"Married": True},
    "age_zero": {"Age": 0},
    "age_one": {"Age": 1},
    "age_highest": {"Age": "120"},
    "age_too_high": {"Age": 121},
    "age_word": {"Age": "old"},
    "age_fraction": {"Age": 1.5},
    "empty": {"Gender": "", "Email": None},
    "removed": {"Gender": {"$delete": 1}, "Email": {"$delete": 1}},
    "identity_missing": {"id": None},
    "identity_placeholder": {"id": "none"},
    "identity_longest": {"id": "i" * 1023},
    "identity_too_long": {"id": "i" * 1024},
    "name_forbidden": {"a#b": 1},
    "name_longest": {"n" * 120: 1},
    "name_too_long": {"n" * 121: 1},
    "most_properties": {f"p{number}": 1 for number in range(256)},
    "too_many_properties": {f"p{number}": 1 for number in range(257)},
    "many_faults": {"Gender": "?", "Email": "?", "Age": "?"},
}
EVENTS = {
    "fine": {"a": "x" * 512, "b": 1, "c": None, "d": True},
    "text_too_long": {"a": "x" * 513},
    "text_far_too_long": {"a": "x" * 1025},
    "no_name": {"name": None},
    "reserved": {"name": "App Launched"},
    "maybe_reserved": {"name": "Web page viewed"},
    "reserved_in_lower_case": {"name": "notificationsent"},
    "no_time": {"at": None},
    "time_in_milliseconds": {"at": 1767225600000},
    "time_too_early": {"at": "1969-12-31T23:59:59Z"},
    "time_first": {"at": "1970-01-01T00:00:01Z"},
    "most_properties": {f"p{number}": 1 for number in range(256)},
    "too_many_properties": {f"p{number}": 1 for number in range(257)},
    "name_forbidden": {"a%b": 1},
}
DEVICES = {"fine": {"id": "__abc"}, "space": {"id": "__a bc"}, "letters": {"id": "ä"}}
KINDS = {
    "profile": ({"type": "profile", "identity": "id"}, PROFILES, USER),
    "device": (
        {"type": "profile", "identity": "id", "identity_type": "objectId"},
        DEVICES,
        {"plan": "a"},
    ),
    "event": (
        {"type": "event", "event_field": "name", "identity": "id", "time": "at"},
        EVENTS,
        {**USER, "name": "Seen", "at": "2026-01-01T00:00:00Z"},
    ),
}
STANDS_FOR = {"identity_invalid": "523", "date_invalid": "525", "value_too_long": "512"}
"""Our own words for what CleverTap refuses with a number."""
OF_THE_ACCOUNT = {"event_discarded": {"name": "Legacy Banner Shown"}}
"""What only CleverTap knows."""


def cases():
    """Return the rules and messages of all cases, each a stream of its own."""
    rules, messages = {}, []
    for kind, (rule, rows, usual) in KINDS.items():
        more = OF_THE_ACCOUNT if kind == "event" else {}
        for name, row in {**rows, **more}.items():
            stream = name if name in OF_THE_ACCOUNT else f"{kind}_{name}"
            columns = {**usual, **row}
            rules[stream] = rule
            messages += [schema(stream, {"id": {}, "name": {}, "at": {}}, ["id"], ["at"])]
            messages += [record(stream, **columns)]
    return rules, messages


def verdicts_of(target, **more):
    """Return what each stream's one record was refused with, by the way it was sent.

    Args:
        target: To run.
        more: Keys of all rules.
    """
    rules, messages = cases()
    rules = {name: {**rule, **more} for name, rule in rules.items()}
    settings = {"streams": rules, "max_rejects": -1}
    found = {}
    for mode in ("local", "vendor"):
        ran = target.run(messages, dry_run=mode, **settings)
        assert ran.status == 0, ran.log
        found[mode] = {name: code for name, code in refusals(ran.log)}  # noqa: C416 - by name
    assert target.stored() == []
    assert target.run(messages, **settings).status == 0
    lines = [json.loads(line) for line in target.rejects.read_text().splitlines()]
    real = {each["stream"]: str(each["code"]) for each in lines if each["type"] == "RECORD"}
    return {**found, "real": real}


@pytest.fixture
def verdicts(target):
    return verdicts_of(target)


def test_the_page_lists_our_words_for_codes_of_clevertap():
    text = (Path(__file__).parents[4] / "docs" / "dry-run.md").read_text()
    listed = dict(re.findall(r"^\| `(\w+)` \| (5\d\d) \|", text, re.MULTILINE))
    assert listed.items() >= STANDS_FOR.items()


def test_they_agree_where_our_own_checks_are_off(target):
    ours = verdicts_of(target)["real"]
    target.emulator.reset()
    target.rejects.unlink()
    target.ledger.unlink()
    sent = verdicts_of(target, invalid="send")
    assert sent["vendor"] == sent["real"]
    of_account = {name: sent["real"][name] for name in OF_THE_ACCOUNT}
    assert {**sent["local"], **of_account} == sent["real"]
    pairs = {(ours[name], code) for name, code in sent["real"].items() if name in ours}
    words = {(word, code) for word, code in pairs if word != code}
    assert words == {*STANDS_FOR.items()}


def test_a_vendor_run_refuses_what_a_real_run_does(verdicts):
    assert verdicts["vendor"] == verdicts["real"]


def test_a_local_run_refuses_the_same_but_for_what_only_the_account_knows(verdicts):
    of_account = {name: verdicts["real"][name] for name in OF_THE_ACCOUNT}
    assert of_account == {"event_discarded": "528"}
    assert {**verdicts["local"], **of_account} == verdicts["real"]


def test_the_cases_cover_the_codes_and_both_sides_of_each_limit(verdicts):
    real = verdicts["real"]
    codes = {"509", "512", "513", "514", "515", "516", "517", "518", "519", "520", "522", "526"}
    assert codes - set(real.values()) == set()
    fine = [name for name in cases()[0] if name.endswith(("fine", "longest", "most_properties"))]
    assert [name for name in fine if name in real] == []
