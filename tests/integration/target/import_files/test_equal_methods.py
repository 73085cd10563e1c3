"""What files bring to CleverTap equals what its API would get of the same messages."""

from __future__ import annotations

import pytest

from tests.support.both_methods import events_of, files_settings, profiles_of
from tests.support.target_process import record, schema, state

WEIRD = {"type": "event", "event": "Weird", "identity": "user", "time": "at", "others": "keep"}
ANY = {}
EVENT_COLUMNS = {"user": {"type": "string"}, "at": {"type": "integer"}}
VALUES = [
    *("plain", "007", "true", "1.50", "$D_1700000000", "$D_x", " lead", "a,b", 'q"u"o', "l\r\nf\n"),
    *("ünï ☃ \u2028", "null", "=1+1", "'", "\\n", ";", "\t", "#", "{}", '["a"]'),
    *(0, 7, -7, 1 << 31, (1 << 63) - 1, -(1 << 63), 1 << 53),
    *(1.5, -0.25, 1e-7, 59.99, 1e18, 123456789.123456789),
    *(True, False),
    *({"nested": {"a": [1, "2"]}}, ["a", 1]),
]
"""The last two are JSON text in an upload."""

NAMES = ["Price", "price", "a,b", "two words", "Ünï", "Name", "fileName", "type", "line\nbreak"]


def weird_events():
    yield schema("weird", {**EVENT_COLUMNS, "id": ANY}, ["id"], ["at"])
    for number, value in enumerate(VALUES):
        yield record("weird", id=number, user="u1", at=1_700_000_000 + number, Value=value)
    for number, name in enumerate(NAMES):
        columns = {"id": f"n{number}", "user": "00123", "at": 1_700_000_000, name: number}
        yield {"type": "RECORD", "stream": "weird", "record": columns}
    yield state({"weird": 1})


def profiles():
    columns = {"id": {"type": "string"}, "tags": ANY, "gone": ANY, "less": ANY, "more": ANY}
    yield schema("people", columns, ["id"], [])
    mixed = ["text", 5, True, 2.5, "5"]
    for number in range(40):
        yield record(
            "people",
            id=f"user{number % 7}",
            Level=mixed[number % 5],
            City=f"City {number}",
            tags=[f"t{number}", "x,\n"] if number % 2 else None,
            more=[f"m{number}"] if number % 3 else None,
            less=[f"m{number - 1}"] if number % 4 == 0 and number else None,
            gone=number % 5 == 4,
        )
        if number % 6 == 0:
            yield record("people", id=f"user{number % 7}", tags=f"s{number}", gone=False)
    yield state({"people": 1})


PEOPLE = {
    "type": "profile",
    "identity": "id",
    "operations": {"tags": "$set", "gone": "$delete", "more": "$add", "less": "$remove"},
}


def keyed(kind):
    yield schema("keyed", {"key": {"type": "string"}, "Plan": ANY}, ["key"], [])
    for number in range(3):
        yield record("keyed", key=f"{kind}{number}", Plan=number)


def by_both(target, drops, messages, rule, stream):
    """Return events and profiles by the API, and then the same by files."""
    found = []
    rules = {"streams": {stream: rule}}
    assert target.run(messages, **rules).status == 0
    found.append((events_of(drops), profiles_of(drops)))
    drops.reset()
    target.ledger.unlink()
    finished = target.run(messages, **files_settings(drops.folder), **rules)
    assert finished.status == 0
    published = finished.log.count("published ")
    imports = drops.drops(ended=published)
    assert [each["status"] for each in imports] == ["done"] * published, imports
    assert not any(each["failed"] for each in imports), imports
    found.append((events_of(drops), profiles_of(drops)))
    assert finished.states == [each["value"] for each in messages if each["type"] == "STATE"]
    return found


def test_events_are_equal(target, drops):
    api, files = by_both(target, drops, [*weird_events()], WEIRD, "weird")
    assert len(api[0]) == len(VALUES) + len(NAMES)
    assert files == api


def test_profiles_with_operations_are_equal(target, drops):
    api, files = by_both(target, drops, [*profiles()], PEOPLE, "people")
    assert len(api[1]) == 7
    assert files == api


@pytest.mark.parametrize("kind", ["identity", "objectId", "FBID", "GPID"])
def test_users_of_each_key_are_equal(target, drops, kind):
    rule = {"type": "profile", "identity": "key", "identity_type": kind}
    api, files = by_both(target, drops, [*keyed(kind)], rule, "keyed")
    assert len(api[1]) == 3
    assert files == api


def test_events_without_a_time_get_that_of_the_import(target, drops):
    rule = {"type": "event", "event": "Seen", "identity": "user"}
    messages = [
        schema("seen", {"user": {"type": "string"}, "at": {"type": "string"}}, ["at"], ["at"]),
        record("seen", user="u", at="1"),
        record("seen", user="u", at="2"),
    ]
    api, files = by_both(target, drops, messages, rule, "seen")
    assert not any('"ts"' in each for each in api[0])
    assert files == api
