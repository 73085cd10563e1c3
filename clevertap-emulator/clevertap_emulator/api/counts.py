"""Counts and trends, answered in two steps: a `req_id` first, the number when it is asked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.responses import INCORRECT_USAGE, Answer, failure, partial, success
from clevertap_emulator.data.calendar import day_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from clevertap_emulator.api.reading import Questions, Range
    from clevertap_emulator.api.request import Asked
    from clevertap_emulator.data.store import Store
    from clevertap_emulator.settings import Settings

FIRST_REQ_ID = 384_649_162_721_759
KEPT_ANSWERS = 5000
MOST_GROUPS = 5


class Counts:
    """Answers `/1/counts/…`; a client polls with `req_id` [D:get-event-count-api]."""

    def __init__(self, settings: Settings, questions: Questions, store: Store) -> None:
        self._settings = settings
        self._questions = questions
        self._store = store
        self._waiting: dict[int, tuple[int, Answer]] = {}
        self._last = FIRST_REQ_ID

    def answer(self, asked: Asked) -> Answer:
        """Count, or return the count that was asked for before."""
        if "req_id" in asked.query:
            return self._poll(asked.query["req_id"])
        question = asked.question()
        wanted = self._questions.read(question)
        if isinstance(wanted, Answer):
            return success({"count": 0}) if asked.stranger else wanted
        counted = self._count(asked.path, question or {}, wanted, stranger=asked.stranger)
        return counted if counted.code is not None else self._later(counted)

    def _later(self, counted: Answer) -> Answer:
        if not self._settings.preparing:
            return counted
        self._last += 97
        self._waiting[self._last] = (self._settings.preparing - 1, counted)
        if len(self._waiting) > KEPT_ANSWERS:
            self._waiting.pop(next(iter(self._waiting)))
        return partial(self._last)

    def _poll(self, req_id: str) -> Answer:
        known = self._waiting.get(int(req_id)) if req_id.isdecimal() else None
        if known is None:
            return failure("invalid request id", 4004)
        polls, counted = known
        if polls <= 0:
            return counted
        self._waiting[int(req_id)] = (polls - 1, counted)
        return partial(int(req_id))

    def _count(
        self, path: str, question: dict[str, Any], wanted: Range, *, stranger: bool
    ) -> Answer:
        if path.endswith("trends.json"):
            return self._trends(question, wanted)
        if stranger:
            return success({"count": 0})
        if path.endswith("profiles.json") or question.get("unique") is True:
            people = self._store.people_of(wanted.name, iter(wanted.days))
            return success({"count": len(people)})
        events = sum(len(self._store.rows(wanted.name, day)) for day in wanted.days)
        return success({"count": events})

    def _trends(self, question: dict[str, Any], wanted: Range) -> Answer:
        groups = question.get("groups")
        if not isinstance(groups, dict) or not 0 < len(groups) <= MOST_GROUPS:
            return INCORRECT_USAGE
        unique = question.get("unique") is True
        found: dict[str, object] = {}
        for name, group in groups.items():
            trend = group.get("trend_type") if isinstance(group, dict) else None
            if trend not in {"daily", "weekly", "monthly"}:
                return failure("Invalid group", 400)
            found[name] = self._trend(wanted, trend, unique=unique)
        return success(found)

    def _trend(self, wanted: Range, trend: str, *, unique: bool) -> dict[str, int]:
        if not unique:
            sums: Counter[str] = Counter()
            for day in wanted.days:
                sums[_period(day, trend)] += len(self._store.rows(wanted.name, day))
            return dict(sums)
        periods = dict.fromkeys(_period(day, trend) for day in wanted.days)
        return {
            period: len(self._store.people_of(wanted.name, _days_in(wanted.days, trend, period)))
            for period in periods
        }


def _days_in(days: list[date], trend: str, period: str) -> Iterator[date]:
    return (day for day in days if _period(day, trend) == period)


def _period(day: date, trend: str) -> str:
    """Name the period a day counts toward: YYYYMMDD, YYYYWW or YYYYMM [SNIP]."""
    if trend == "daily":
        return str(day_stamp(day))
    if trend == "monthly":
        return f"{day:%Y%m}"
    year, week, _ = day.isocalendar()
    return f"{year}{week:02d}"
