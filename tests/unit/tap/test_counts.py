"""Daily totals: read, packed, planned from, and compared with rows."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.counts.recounting import suspects
from tap_clevertap.counts.tasks import slices
from tap_clevertap.counts.totals import MOST_DAYS, count_of, daily_totals, pack, unpack
from tap_clevertap.counts.verification import DayRows, Rules, WindowCheck
from tap_clevertap.counts.windows import grown_days, plan_days, without_gaps
from tap_clevertap.exports.windows import Window

FIRST = date(2026, 11, 1)
DAYS = st.integers(0, 60).map(lambda offset: FIRST + timedelta(offset))
TOTALS = st.dictionaries(DAYS, st.integers(0, 9), max_size=40)


def day(number):
    return FIRST + timedelta(number - 1)


def trends(days):
    return json.dumps({"status": "success", "daily": days}).encode()


class TestResponses:
    def test_totals_are_of_the_days_that_were_asked_for(self):
        content = trends({"20261101": 3, "20261102": 0, "20261201": 9})
        assert daily_totals(content, Window(day(1), day(3))) == {day(1): 3, day(2): 0}

    @pytest.mark.parametrize(
        "days",
        [
            {"20261101": -1},
            {"20261101": "3"},
            {"20261101": 3.5},
            {"20261101": True},
            {"20261101": 2**63},
            {"20261101": 10**309},
            {"20261101": None},
            {"20261131": 3},
            {"202611": 3},
            {"2026-11-01": 3},
            {"": 3},
            [],
            None,
            7,
        ],
        ids=str,
    )
    def test_what_is_no_number_of_rows_of_a_day_is_no_count(self, days):
        assert daily_totals(trends(days), Window(day(1), day(30))) is None

    @pytest.mark.parametrize("content", [b"", b"[]", b'{"status":"success"}', b"{", b"\xff"])
    def test_a_response_without_totals_has_none(self, content):
        assert daily_totals(content, Window(day(1), day(2))) is None

    @pytest.mark.parametrize("count", [-1, "3", 1.5, None, [], True, 2**63], ids=str)
    def test_a_count_is_a_whole_number_of_rows(self, count):
        assert count_of(json.dumps({"count": count}).encode()) is None
        assert count_of(b'{"count":0}') == 0


class TestState:
    @given(totals=TOTALS, doubted=st.sets(DAYS))
    def test_totals_are_read_as_they_were_packed(self, totals, doubted):
        text = pack(totals, doubted)
        assert (unpack(text) if text else ({}, set())) == (totals, doubted & totals.keys())

    @given(numbers=st.lists(st.integers(0, 2**70), min_size=1, max_size=3))
    def test_a_total_may_be_of_any_size(self, numbers):
        totals = {day(each): number for each, number in enumerate(numbers, start=1)}
        assert unpack(pack(totals)).totals == totals

    def test_marks_of_an_earlier_release_are_read(self):
        kept = unpack("2026-11-01 1 BCD 0 2")
        assert kept.doubted == {day(1), day(3)}
        assert unpack(pack(*kept)) == kept

    def test_ninety_days_of_a_hundred_events_fit_into_a_hundred_kilobytes(self):
        text = pack({day(offset): 9_999_999 for offset in range(1, 91)})
        assert len(text) * 100 < 40_000

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2026-11-01",
            "2026-11-01 3",
            "2026-11-01 many",
            "today 1 A",
            "2026-11-01 x A",
            "2026-11-01 0 A",
            "2026-11-01 -1 A",
            "2026-11-01 2 ABC",
            "2026-11-01 1 ²",
            "2026-11-01 1 B 1",
            "2026-11-01 1 B -1",
            "2026-11-01 1 B x",
            "2026-11-01 1 A 0",
            "2026-11-01 1 A ~B",
            "2026-11-01 1 B ~C",
            pytest.param("2026-11-01 1 B ~" + "B" * 1_000_000, id="many marks"),
            pytest.param("2026-11-01 1000000 " + "B" * 1_000_000, id="many letters"),
        ],
    )
    def test_another_text_is_refused(self, text):
        with pytest.raises(ValueError, match=r"."):
            unpack(text)


class TestPlan:
    @given(last=DAYS, empty=st.sets(DAYS), grown=st.sets(DAYS))
    def test_every_day_is_read_or_known_to_be_empty(self, last, empty, grown):
        days, earlier = Window(FIRST, last), {each - timedelta(61) for each in grown}
        plan = plan_days(days, empty, earlier)
        read = [each for run in plan.runs for each in run.each()]
        closed = [each for run in plan.empty for each in run.each()]
        assert sorted(read + closed) == sorted([*days.each(), *earlier])
        assert empty.issuperset(closed)
        ends = [end for run in plan.runs for end in (run.first, run.last)]
        assert empty.isdisjoint(ends)

    def test_an_event_without_rows_has_no_day_to_read(self):
        plan = plan_days(Window(day(1), day(2)), {day(1), day(2)}, set())
        assert plan.runs == []
        assert plan.empty == [Window(day(1), day(2))]

    def test_a_day_that_grew_stays_apart_from_the_days_after_it(self):
        plan = plan_days(Window(day(3), day(5)), {day(5)}, {day(1), day(2)})
        assert plan.runs == [Window(day(1), day(2)), Window(day(3), day(4))]

    def test_days_that_grew_are_those_that_were_read_with_fewer_rows(self):
        kept = {day(1): 5, day(2): 5, day(3): 5}
        assert grown_days({day(1): 5, day(2): 6, day(3): 4, day(4): 9}, kept) == {day(2)}

    @given(days=st.sets(DAYS))
    def test_windows_have_no_gap(self, days):
        found = without_gaps(days)
        assert sorted(days) == [each for window in found for each in window.each()]
        assert all(one.last + timedelta(1) < two.first for one, two in pairwise(found))

    @given(length=st.integers(1, 2000))
    def test_a_request_is_for_a_year_at_most(self, length):
        days = Window(FIRST, FIRST + timedelta(length - 1))
        parts = [*slices(days)]
        assert max(part.days for part in parts) <= MOST_DAYS
        assert [each for part in parts for each in part.each()] == [*days.each()]


def check(rows, totals, *, bad_rows=0, unlisted=frozenset(), **rules):
    found = {each: DayRows(*counts) for each, counts in rows.items()}
    days = Window(day(1), day(9))
    return WindowCheck(days, found, bad_rows, totals, Rules(**rules), unlisted)


def left_after(found, *counts):
    """Return the days that still differ after a second count of each part."""
    for days, count in zip(suspects(found), counts, strict=True):
        found.settle(days, count)
    return suspects(found)


class TestVerification:
    def test_equal_numbers_differ_nowhere(self):
        assert suspects(check({day(1): (3, 1)}, {day(1): 3, day(2): 0})) == []

    def test_a_day_without_a_total_is_not_compared(self):
        assert suspects(check({day(1): (3, 0)}, {day(2): 0})) == []

    def test_missing_rows_are_a_gap(self):
        found = check({day(2): (3, 0), day(4): (9, 0)}, {day(2): 4, day(4): 10, day(5): 0})
        assert suspects(found) == [Window(each, each) for each in (day(2), day(4))]
        assert found.missing() == {day(2): 1, day(4): 1}

    def test_a_share_of_a_total_may_be_missing(self):
        rows, totals = {day(1): (99, 0)}, {day(1): 100}
        assert check(rows, totals, tolerance=0.01).missing() == {}
        assert check(rows, totals, tolerance=0.009).missing() == {day(1): 1}

    def test_rows_that_were_set_aside_are_not_missing(self):
        rows, totals = {day(1): (8, 0)}, {day(1): 10}
        assert check(rows, totals, bad_rows=2).missing() == {}
        assert check(rows, totals, bad_rows=1).missing() == {day(1): 2}

    def test_more_rows_than_counted_are_repeated_ones(self):
        assert check({day(1): (5, 1)}, {day(1): 4}).surplus() == {day(1): 1}
        assert check({day(1): (5, 1)}, {day(1): 4}, merges=True).surplus() == {}
        assert check({day(1): (5, 1)}, {day(1): 3}, merges=True).surplus() == {day(1): 2}

    def test_a_second_count_of_one_day_replaces_its_total(self):
        late = check({day(1): (5, 0)}, {day(1): 4})
        assert left_after(late, 5) == []
        assert late.counted(day(1)) == 5
        lost = check({day(1): (5, 0)}, {day(1): 6})
        assert left_after(lost, 6) == [Window(day(1), day(1))]
        assert lost.missing() == {day(1): 1}

    def test_rows_that_arrive_before_and_after_an_export_are_not_missing(self):
        found = check({day(1): (103, 0)}, {day(1): 100})
        assert found.surplus() == {day(1): 3}
        assert left_after(found, 105) == []
        assert (found.missing(), found.counted(day(1))) == ({}, 105)

    def test_a_few_days_are_counted_one_by_one(self):
        rows, totals = {day(1): (5, 0), day(3): (2, 0)}, {day(1): 4, day(2): 0, day(3): 3}
        moved = check(rows, totals)
        assert left_after(moved, 5, 2) == []
        assert moved.missing() == moved.surplus() == {}
        repeated = check(rows, totals)
        assert left_after(repeated, 4, 3) == [Window(day(1), day(1)), Window(day(3), day(3))]
        assert (repeated.missing(), repeated.surplus()) == ({day(3): 1}, {day(1): 1})

    @pytest.mark.parametrize("lost", range(1, 9))
    def test_many_days_are_settled_by_an_equal_sum(self, lost):
        rows = {day(number): (9, 0) for number in range(1, 9)}
        late = check(rows, dict.fromkeys(rows, 10), tolerance=0.05)
        assert suspects(late) == [Window(day(1), day(8))]
        assert left_after(late, 72 + lost) == suspects(late)
        assert left_after(late, 72) == []

    def test_days_are_counted_alone_where_a_repeated_row_could_hide_a_missing_one(self):
        rows = {day(number): (9, 0) for number in range(1, 9)}
        totals = dict.fromkeys(rows, 10)
        twins = check({**rows, day(5): (9, 1)}, totals)
        others = [Window(day(1), day(4)), Window(day(6), day(8))]
        alone = Window(day(5), day(5))
        assert suspects(twins) == [others[0], alone, others[1]]
        assert left_after(twins, 4 * 9, 8, 3 * 9 + 1) == [
            Window(each, each) for each in (day(5), day(6), day(7), day(8))
        ]
        assert twins.missing().keys() == {day(6), day(7), day(8)}

    def test_days_are_counted_alone_where_a_bad_row_has_no_day(self):
        rows = {day(number): (9, 0) for number in range(1, 9)}
        found = check(rows, dict.fromkeys(rows, 10), bad_rows=1)
        assert suspects(found) == [Window(each, each) for each in rows]

    def test_a_sum_settles_days_that_are_over_their_totals(self):
        rows = {day(number): (100, 0) for number in range(1, 9)}
        shifted = check(rows, {each: 99 + each.day % 2 * 2 for each in rows})
        assert left_after(shifted, 800) == []
        grown = check(rows, dict.fromkeys(rows, 99))
        assert left_after(grown, 800) == []

    def test_days_that_the_totals_leave_out_are_compared_with_a_second_count_alone(self):
        totals = {day(1): 3, day(2): 0, day(3): 0}
        found = check({day(1): (3, 0), day(2): (2, 0)}, totals, unlisted={day(2), day(3)})
        assert found.unknown() == [day(2)]
        assert (found.missing(), found.surplus()) == ({}, {})
        assert (found.counted(day(2)), found.counted(day(3))) == (None, 0)
        assert left_after(found, 4) == [Window(day(2), day(2))]
        assert found.missing() == {day(2): 2}

    def test_without_a_second_count_the_first_one_is_valid(self):
        found = check({day(1): (5, 0)}, {day(1): 6})
        assert found.missing() == {day(1): 1}
