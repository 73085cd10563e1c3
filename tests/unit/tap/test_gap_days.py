"""Days with a gap: packed for the state, and read again for a limited time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.counts.gap_days import (
    MOST_DAYS,
    MOST_RANGES,
    MOST_TRIES,
    OLDEST,
    Retry,
    first_retry,
    kept,
    next_retry,
    pack_gaps,
    unpack_gaps,
)

TODAY = date(2026, 11, 28)
DAYS = st.integers(1, OLDEST).map(lambda ago: TODAY - timedelta(ago))
RETRIES = st.builds(
    Retry,
    st.integers(0, MOST_TRIES - 1),
    st.integers(0, 32).map(lambda wait: TODAY + timedelta(wait)),
)
GAPS = st.dictionaries(DAYS, RETRIES, max_size=60)


@given(gaps=GAPS)
def test_days_are_read_as_they_were_packed(gaps):
    wanted = kept(gaps)
    text = pack_gaps(wanted)
    assert (unpack_gaps(text) if text else {}) == wanted
    assert wanted.items() <= gaps.items()
    assert len(wanted) <= MOST_DAYS
    assert len(text or "") <= len("2026-11-28 ") + 6 * MOST_RANGES


@given(days=st.integers(1, 90))
def test_the_days_of_one_outage_are_a_range(days):
    gaps = {TODAY - timedelta(ago): first_retry(TODAY) for ago in range(1, days + 1)}
    assert len(kept(gaps)) == min(days, MOST_DAYS)
    assert len(pack_gaps(kept(gaps))) == len("2026-08-30 AAdAAf")


def test_days_that_were_read_again_before_stay_when_others_come():
    gaps = {TODAY - timedelta(2 * ago): Retry(0, TODAY) for ago in range(1, 40)}
    long_known = TODAY - timedelta(1)
    assert long_known in kept(gaps | {long_known: Retry(1, TODAY)})


def test_a_day_is_read_again_for_two_months():
    retry, dues = first_retry(TODAY), []
    while retry is not None:
        dues.append((retry.due - TODAY).days)
        retry = next_retry(retry, retry.due)
    assert dues == [0, 1, 3, 7, 15, 31, 63]


def test_a_new_day_drops_one_that_its_letters_cannot_reach():
    known, later = TODAY - timedelta(OLDEST), TODAY + timedelta(200)
    new = {later - timedelta(1): first_retry(later)}
    gaps = kept(new | {known: first_retry(TODAY)})
    assert unpack_gaps(pack_gaps(gaps)) == gaps == new


def test_a_day_that_is_too_old_for_its_letters_is_not_kept():
    assert kept({TODAY - timedelta(OLDEST + 1): first_retry(TODAY)}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-01",
        "2026-11-01 A",
        "2026-11-01 AAAAA",
        "today AAAAAA",
        "2026-11-01 AAAA²A",
        pytest.param("2026-11-01 " + "A" * 6 * (MOST_RANGES + 1), id="many ranges"),
    ],
)
def test_another_text_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        unpack_gaps(text)
