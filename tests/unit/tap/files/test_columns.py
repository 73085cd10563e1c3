"""Where the members of an event belong, by their documented names or a mapping."""

import pytest

from tap_clevertap.files.columns import arranged, path_of
from tap_clevertap.records.errors import BadRowError


@pytest.mark.parametrize(
    ("documented", "path"),
    [
        ("ts", ("ts",)),
        ("profile.identity", ("profile", "identity")),
        ("profile.a.b", ("profile", "a.b")),
        ("deviceInfo.dimensions", ("deviceInfo", "dimensions")),
        ("deviceInfo.dimensions.width", ("deviceInfo", "dimensions", "width")),
        ("eventProps.", ("eventProps", "")),
        ("eventProps.ts", ("eventProps", "ts")),
        ("event_props.eventProps.x", ("eventProps", "eventProps.x")),
        ("session_props.a", ("sessionProps", "a")),
        ("Amount", ("eventProps", "Amount")),
        ("TS", ("eventProps", "TS")),
        ("", ("eventProps", "")),
    ],
)
def test_a_column_of_events_has_its_place(documented, path):
    assert path_of(documented) == path


@pytest.mark.parametrize(
    ("row", "columns", "found"),
    [
        ({"ts": 1, "x": 2}, {}, {"ts": 1, "x": 2}),
        ({"t": 1, "x": 2}, {"t": "ts"}, {"ts": 1, "x": 2}),
        ({"x": 2}, {"x": "y"}, {"eventProps": {"y": 2}}),
        ({"event_props": {}, "profile": None}, {}, {"eventProps": {}}),
        ({"eventProps": {"a": 1}, "event_props": {"b": 2}}, {}, {"eventProps": {"a": 1, "b": 2}}),
        ({"eventProps": {"a": 1}, "event_props": None}, {}, {"eventProps": {"a": 1}}),
        ({"eventProps": [1]}, {"x": "y"}, {"eventProps": [1]}),
        ({"profile.name": "x"}, {}, {"profile": {"name": "x"}}),
        ({"p": {"name": "x"}}, {"p": "profile"}, {"profile": {"name": "x"}}),
        ({"profile": {"U": 1}}, {"U": "profile.identity"}, {"profile": {"identity": 1}}),
        ({"profile": {"U": 1}}, {"profile.U": "ts"}, {"profile": {}, "ts": 1}),
        ({"eventProps": {"U": 1}}, {"U": "profile.identity"}, {"eventProps": {"U": 1}}),
    ],
)
def test_members_of_an_event_are_put_where_they_are_documented(row, columns, found):
    assert arranged(row, columns) == found


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"ts": 1, "t": 1.0}, {"t": "ts"}),
        ({"eventProps": {"a": 1}, "event_props": {"a": 2}}, {}),
        ({"eventProps": {"a": 1}, "event_props": [2]}, {}),
        ({"eventProps": [2], "event_props": {"a": 1}}, {}),
        ({"eventProps": {"a": 1}, "b": 2}, {"b": "eventProps.a"}),
    ],
)
def test_two_members_in_one_place_are_a_bad_row(row, columns):
    with pytest.raises(BadRowError, match="has more than one value for"):
        arranged(row, columns)
