"""Names of typed streams and columns: unique, as documented, and the same in every run."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import count, product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.streams.stream_names import LISTED_STREAMS
from tap_clevertap.typed.columns import TypedColumn
from tap_clevertap.typed.given_columns import (
    COLUMN_LETTERS,
    PROPERTY_LETTERS,
    GivenColumns,
    _digest,
    mark_columns,
    name_columns,
)
from tap_clevertap.typed.kinds import PropertyKind
from tap_clevertap.typed.layout import kept_streams, stream_names
from tap_clevertap.typed.names import assign_names, suffixed_name

FIELDS = ("event_key", "name", "ts")
SIMILAR = st.text("aA-_ b1é", max_size=3)
NAMES = st.lists(SIMILAR | st.text(max_size=8).filter(lambda text: text.isprintable()), unique=True)


def suffix(name):
    return "_" + sha256(name.encode()).hexdigest()[:6]


def test_a_simple_name_is_in_lower_case_with_one_underscore_for_each_run():
    assert stream_names(["Product Viewed", "Video -_ played", " x"]) == {
        "Product Viewed": "event_product_viewed",
        "Video -_ played": "event_video_played",
        " x": "event__x",
    }


@pytest.mark.parametrize(
    "name", ["Café bestellt ☕", "Level/Completed", "東京", "a.b", "\u212aelvin"]
)
def test_a_name_with_other_characters_has_a_suffix(name):
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    assert stream_names([name]) == {name: f"event_{plain}{suffix(name)}"}


def test_all_names_that_would_meet_have_a_suffix():
    names = stream_names(["signup", "Signup", "sign-up", "Sign Up"])
    assert names["signup"] == "event_signup" + suffix("signup")
    assert names["Signup"] == "event_signup" + suffix("Signup")
    assert names["Sign Up"] == "event_sign_up" + suffix("Sign Up")


@pytest.mark.parametrize("stream", sorted(each for each in LISTED_STREAMS if "event_" in each))
def test_a_name_that_would_meet_a_listed_stream_has_a_suffix(stream):
    name = stream.removeprefix("event_")
    given = stream_names([name])[name]
    assert given not in LISTED_STREAMS
    if stream.startswith("event_"):
        assert given == stream + suffix(name)


def test_a_name_that_equals_another_name_with_its_suffix_gets_one_too():
    meets = "a" + suffix("A")
    names = stream_names(["A", "a", meets])
    assert len(set(names.values())) == 3
    assert names[meets] == f"event_{meets}{suffix(meets)}"


@given(names=NAMES)
def test_names_are_unique_valid_and_do_not_depend_on_the_order(names):
    streams = stream_names(names)
    assert len(set(streams.values())) == len(names)
    assert all(re.fullmatch(r"event_[a-z0-9_]+", stream) for stream in streams.values())
    assert stream_names(names[::-1]) == streams
    assert LISTED_STREAMS.isdisjoint(streams.values())


@given(first=NAMES, later=NAMES)
def test_the_state_keeps_the_name_of_a_stream(first, later):
    before = stream_names(first)
    bookmarks = {
        stream: {"partitions": [{"context": {"event_name": name}}]}
        for name, stream in before.items()
    }
    assert kept_streams(bookmarks) == before
    after = stream_names(later, before)
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)


def run_with(properties, state):
    """Name the columns as a run does, and keep them in its state."""
    columns = name_columns(properties, FIELDS, GivenColumns(state.get("columns", "")))
    typed = [TypedColumn(columns[each], each, PropertyKind.TEXT) for each in properties]
    event = SimpleNamespace(columns=typed, declared=dict.fromkeys(properties, PropertyKind.TEXT))
    return columns, mark_columns(state, event)


@given(runs=st.lists(NAMES, min_size=1, max_size=4))
def test_the_state_keeps_the_name_of_a_column(runs):
    state, known = {}, {}
    for properties in runs:
        columns, compared = run_with(properties, state)
        assert list(columns) == properties
        kept = {name: known[name] for name in properties if name in known}
        assert kept.items() <= columns.items()
        assert not {columns[name] for name in columns.keys() - known} & set(known.values())
        if known:
            assert compared.new == [name for name in properties if name not in known]
        known |= columns
    assert len(set(known.values())) == len(known)
    assert not set(known.values()) & set(FIELDS)


def test_a_column_that_would_meet_a_field_or_another_has_a_suffix():
    columns, _ = run_with(["Name", "Amount", "AMOUNT", "Größe", ""], {})
    assert columns == {
        "Name": "name" + suffix("Name"),
        "Amount": "amount" + suffix("Amount"),
        "AMOUNT": "amount" + suffix("AMOUNT"),
        "Größe": "gr_e" + suffix("Größe"),
        "": suffix(""),
    }


def with_one_digest(letters, names):
    """Return the first two names that have the same digest."""
    seen = {}
    for name in names:
        if (other := seen.setdefault(_digest(name, letters), name)) != name:
            return other, name
    raise AssertionError


@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_two_columns_with_one_digest_keep_their_names(change):
    columns = with_one_digest(COLUMN_LETTERS, (f"p{number}" for number in count()))
    pair = [change(each) for each in columns]
    state = {}
    first, _ = run_with(pair, state)
    again, compared = run_with(pair, state)
    assert first == again == dict(zip(pair, columns, strict=True))
    assert (compared.new, compared.vanished) == ([], [])


def test_of_two_columns_with_one_digest_one_may_vanish():
    pair = [
        each.upper()
        for each in with_one_digest(COLUMN_LETTERS, (f"p{number}" for number in count()))
    ]
    state = {}
    columns, _ = run_with(pair, state)
    _, compared = run_with(pair[:1], state)
    assert (compared.new, len(compared.vanished)) == ([], 1)
    _, compared = run_with([], state)
    assert len(compared.vanished) == 1
    assert run_with(pair, state)[0] == columns


def test_two_properties_with_one_digest_do_not_share_a_column():
    spellings = ("".join(each) for each in product(*zip("thelongname", "THELONGNAME", strict=True)))
    pair = with_one_digest(PROPERTY_LETTERS, spellings)
    state = {}
    run_with(pair[:1], state)
    columns, _ = run_with(pair, state)
    assert columns == {pair[0]: "thelongname", pair[1]: "thelongname" + suffix(pair[1])}
    assert run_with(pair[::-1], state)[0] == columns


def test_a_column_with_a_long_suffix_keeps_its_name():
    taken = ("x", suffixed_name("x"))
    state = {"columns": "".join(_digest(each, COLUMN_LETTERS) + "--" for each in taken)}
    columns, _ = run_with(["x"], state)
    assert columns == {"x": suffixed_name("x", digits=12)}
    again, compared = run_with(["x"], state)
    assert (again, compared.new) == (columns, [])


def test_vanished_properties_are_reported_once_and_leave_their_column_to_nobody():
    state = {}
    run_with(["Amount", "Score"], state)
    _, compared = run_with(["Score"], state)
    assert (compared.new, len(compared.vanished)) == ([], 1)
    columns, compared = run_with(["Score", "amount"], state)
    assert columns["amount"] == "amount" + suffix("amount")
    assert (compared.new, compared.vanished) == (["amount"], [])
    columns, compared = run_with(["Amount"], state)
    assert columns["Amount"] == "amount"
    assert (compared.new, len(compared.vanished)) == ([], 2)


def test_a_suffix_that_is_taken_gets_more_digits():
    taken = {"a", suffixed_name("a")}
    assert assign_names(["a"], taken=taken) == {"a": suffixed_name("a", digits=12)}


def test_the_columns_of_an_event_take_few_bytes_of_the_state():
    state = {}
    run_with([f"Property number {number}" for number in range(60)], state)
    assert len(state["columns"]) <= 60 * 5
