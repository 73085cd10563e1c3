"""`invalid: fix` changes only what needs no guess, and the same value always in the same way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_clevertap.records import fixes
from target_clevertap.records.phones import SENT, international


@pytest.mark.parametrize(
    ("value", "country", "expected"),
    [
        ("98765 43210", "IN", "+919876543210"),
        ("09876543210", "IN", "+919876543210"),
        ("(415) 555-2671", "US", "+14155552671"),
        (4155552671, "US", "+14155552671"),
        (Decimal("4155552671.0"), "US", "+14155552671"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("0044 20 7946 0958", "IN", "+442079460958"),
        ("919876543210", "IN", "+919876543210"),
        ("447911123456", "IN", "+447911123456"),
        ("+1 (415) 555-2671", None, "+14155552671"),
        ("+49 30 123456", "US", "+4930123456"),
        ("919876543210", None, "+919876543210"),
        (919876543210, None, "+919876543210"),
        ("+14155552671", "IN", "+14155552671"),
        ("9876543210", None, None),
        (14155552671, None, None),
        ("0044 20 7946 0958", None, None),
        ("98765", "IN", None),
        ("+12", "IN", None),
        ("1-800-FLOWERS", "US", None),
        ("98765 43210 x12", "IN", None),
        ("98765 43210;ext=5", "IN", None),
        ("+91 98765 43210, +91 98765 43211", "IN", None),
        ("none", "IN", None),
        ("", "IN", None),
        ("1" * 400, "IN", None),
        (True, "IN", None),
        (-4155552671, "US", None),
        (Decimal("4155552671.5"), "US", None),
        (float("nan"), "US", None),
        (float("inf"), "US", None),
        (Decimal("NaN"), "US", None),
        (Decimal("1e99999999"), "US", None),
        (10**400, "US", None),
        ({"number": 1}, "US", None),
    ],
    ids=repr,
)
def test_a_telephone_number_gets_its_country_where_it_is_known(value, country, expected):
    assert international(value, country) == expected


@given(
    value=st.text(st.sampled_from("0123456789+ -()/.x"), max_size=25) | st.integers(),
    country=st.sampled_from(["IN", "US", "GB", "DE", "IT", None]),
)
def test_what_is_made_of_a_telephone_number_is_one_and_stays_so(value, country):
    made = international(value, country)
    if made is not None:
        assert SENT.fullmatch(made)
        assert international(made, country) == made


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("Female", "F"),
        (" f ", "F"),
        ("MALE", "M"),
        ("m", "M"),
        ("Woman", "F"),
        ("F", None),
        ("other", None),
        ("", None),
        (None, None),
        (1, None),
        (True, None),
        ({}, None),
        (Decimal("NaN"), None),
        (10**400, None),
    ],
    ids=repr,
)
def test_words_for_gender(value, meant):
    found = fixes.WORD_FIXES["gender"](value)
    assert (found and found.value) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (True, "Y"),
        (False, "N"),
        (1, "Y"),
        (0, "N"),
        (Decimal("1.0"), "Y"),
        ("yes", "Y"),
        (" No", "N"),
        ("TRUE", "Y"),
        ("0", "N"),
        ("y", "Y"),
        (" Y ", "Y"),
        ("Y", None),
        (2, None),
        ("maybe", None),
        ("", None),
        ("null", None),
        (None, None),
        ([], None),
    ],
    ids=repr,
)
def test_words_for_yes_and_no(value, meant):
    for field in ("employed", "married"):
        found = fixes.WORD_FIXES[field](value)
        assert (found and found.value) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [("graduate", "Graduate"), ("COLLEGE ", "College"), ("School", None), ("PhD", None)],
)
def test_words_for_education(value, meant):
    found = fixes.WORD_FIXES["education"](value)
    assert (found and found.value) == meant


MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1767225600000, MOMENT),
        (1767225600999, MOMENT),
        ("1767225600000", MOMENT),
        (" 1767225600000 ", MOMENT),
        (Decimal("1767225600000.5"), MOMENT),
        (1767225600000000, MOMENT),
        (1767225600000000000, MOMENT),
        (1767225600, None),
        (202601010000, None),
        (20260101000000, None),
        (-1767225600000, None),
        (True, None),
        (float("nan"), None),
        (Decimal("1e99999999"), None),
        (Decimal("NaN"), None),
        (Decimal("-Infinity"), None),
        (10**400, None),
        ("2026-01-01", None),
        (None, None),
    ],
    ids=repr,
)
def test_only_counts_of_smaller_units_become_seconds(value, expected):
    found = fixes.in_seconds(value)
    assert (found and found.value) == expected


@pytest.mark.parametrize("letter", ["x", "é", "🙂", "\u0301"])
def test_a_text_is_cut_between_two_characters(letter):
    assert fixes.cut(letter * 512) is None
    found = fixes.cut(letter * 513)
    assert found.value == letter * 512
    found.value.encode()


def test_json_is_not_cut_for_half_of_it_means_nothing():
    assert fixes.cut('["' + "x" * 600 + '"]') is None
    assert fixes.cut("[draft] " + "x" * 600 + " [end]").value.startswith("[draft] x")
