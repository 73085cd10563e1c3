"""Names with dots in the setting `streams`, whole or as Meltano nests them."""

from __future__ import annotations

import pytest

from target_clevertap.config.dotted_names import check_stream_map_names, join_dotted_names
from target_clevertap.errors import SettingError
from target_clevertap.rules.reading import OBJECT_KEYS

RULE = {"type": "event", "event": "Order", "identity": "u"}
SOME = {"type": "profile", "identity": "u", "properties": {"Name": "n"}}


def nested(streams):
    """Return what Meltano makes of names with dots."""
    levels = {}
    for name, rule in streams.items():
        *path, last = name.split(".")
        level = levels
        for part in path:
            level = level.setdefault(part, {})
        level.setdefault(last, {}).update(rule)
    return levels


@pytest.mark.parametrize(
    "streams",
    [
        {"orders": RULE},
        {"shop.orders": RULE},
        {"a.b.c.d": RULE, "a.b": SOME, "a": RULE},
        {"shop.orders": RULE, "shop": SOME, "shop.orders.eu": SOME},
        {"a..b": RULE, ".lead": SOME, "trail.": RULE},
        {"shop.properties": RULE, "properties": SOME, "type.x": RULE, "operations.type": SOME},
        {"segment.tracks": {"preset": "segment"}, "segment": {"preset": "segment"}},
    ],
)
def test_names_are_put_together_again(streams):
    assert join_dotted_names(nested(streams), OBJECT_KEYS) == streams
    assert join_dotted_names(streams, OBJECT_KEYS) == streams


def test_keys_within_a_rule_are_put_together_again():
    rule = {**SOME, "operations": {"a": {"b": "$add", "c": {"d": "$set"}}, "e": "$incr"}}
    whole = join_dotted_names({"x": {"y": rule}}, OBJECT_KEYS)
    assert whole["x.y"]["operations"] == {"a.b": "$add", "a.c.d": "$set", "e": "$incr"}


def test_events_and_kinds_with_dots_are_put_together_again():
    inner = {"type": "event", "properties_of": {"v1": {"Sold": {"Amount": "sum"}}, "Paid": {}}}
    rule = {"kind_field": "k", "kinds": {"buy": inner}, "events": {"v1": {"sold": "Sold"}}}
    whole = join_dotted_names({"shop": {"messages": rule}}, OBJECT_KEYS)
    assert [*whole] == ["shop.messages"]
    assert whole["shop.messages"]["events"] == {"v1.sold": "Sold"}
    kind = whole["shop.messages"]["kinds"]["buy"]
    assert kind["properties_of"]["v1.Sold"] == {"Amount": "sum"}


def test_an_object_of_a_rule_is_its_own_even_with_a_column_called_type():
    rule = {**SOME, "properties": {"type": "kind", "identity": "x"}}
    assert join_dotted_names({"users": rule}, OBJECT_KEYS) == {"users": rule}


def test_a_mistyped_key_stays_in_its_rule():
    streams = {"users": {**SOME, "proprties": {"Name": "n"}}, "empty": {}, "text": "x"}
    assert join_dotted_names(streams, OBJECT_KEYS) == streams


def test_two_rules_for_one_name_are_refused():
    with pytest.raises(SettingError, match=r"`shop\.orders` has two rules"):
        join_dotted_names({"shop.orders": RULE, "shop": {"orders": RULE}}, OBJECT_KEYS)


def test_a_nested_stream_map_is_refused():
    with pytest.raises(SettingError, match=r"write `shop\?orders`"):
        check_stream_map_names({"shop": {"orders": {"a": "float(1)"}}})
    check_stream_map_names(
        {"shop?orders": {"a": "float(1)", "__key_properties__": []}, "x": "__NULL__"}
    )
    check_stream_map_names(None)
