"""Masking keeps the type and shape of values, and nothing of the values."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_clevertap.dry_run.masking import masked, masked_payload, masked_record, masked_text

TEXTS = st.text()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda values: st.lists(values) | st.dictionaries(st.sampled_from("abc"), values),
)


@given(VALUES)
def test_a_masked_value_has_its_type_and_no_digit_or_letter_of_it(value):
    hidden = masked(value)
    assert type(hidden) is type(value)
    text = json.dumps(hidden, ensure_ascii=False, default=lambda number: f"{number:f}")
    plain = re.sub(
        r'"[abc]": |true|false|null|…|\((41 to 120|121 to 512|more than 1024|'
        r"513 to 1024) characters\)|\\[\"\\]",
        "",
        text,
    )
    assert re.sub(r"[xX9]", "", plain).isascii()
    assert not re.search(r"[0-8a-wyzA-WYZ]", plain)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Jane.Doe+1@example.org", "Xxxx.Xxx+9@xxxxxxx.xxx"),
        ("$D_1767225600", "$D_9999999999"),
        ("Ünï ½ ⅷ 東京\n", "Xxx 9 9 xx?"),
        (0, 9),
        (-170, -999),
        (10**60, 10**40 - 1),
        (Decimal("12.50"), Decimal("99.99")),
        (Decimal("-1.5E+30"), Decimal("-9.9")),
        ([True, None, ""], [True, None, ""]),
        ({"a": {"x@y": 1, "2026": 2, "b1": 3}}, {"a": {"x@x": 9, "9999": 9, "b1": 9}}),
    ],
)
def test_values(value, expected):
    assert masked(value) == expected


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (40, None),
        (41, "41 to 120"),
        (120, "41 to 120"),
        (121, "121 to 512"),
        (512, "121 to 512"),
        (513, "513 to 1024"),
        (1024, "513 to 1024"),
        (1025, "more than 1024"),
    ],
)
def test_the_length_of_a_long_text_is_told_as_a_range(length, words):
    text = masked_text("a" * length)
    assert text == ("x" * 40 if words is None else f"{'x' * 24}… ({words} characters)")


def test_names_stay():
    assert masked_record({"jane@x": "a", "2026": {"jane@x": 1}}) == {
        "jane@x": "x",
        "2026": {"xxxx@x": 9},
    }
    payload = {"type": "event", "evtName": "Bought 2026", "ts": 1, "identity": "a1"}
    data = {"evtData": {"Year 2026": 2026}}
    assert masked_payload({**payload, **data}) == {
        "type": "event",
        "evtName": "Bought 2026",
        "ts": 1,
        "identity": "x9",
        "evtData": {"Year 2026": 9999},
    }
    assert masked_payload("user1") == "xxxx9"
