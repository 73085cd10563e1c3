"""What the marts of examples/typed-tables must hold, computed from the emulator's truth alone."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

STEPS = ("App Launched", "Product Viewed", "Added To Cart", "Charged")
ACTIVITY = {*STEPS, "Search"}
GAP = timedelta(minutes=30)
LARGEST = 10**14


@dataclass(frozen=True)
class Event:
    """One event; times are on the project's clock, which is never set back here."""

    name: str
    at: datetime
    user: str
    props: dict[str, Any]

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def week(self) -> date:
        return self.day - timedelta(self.day.weekday())


class Expected:
    """The rows of each mart, of the events of a truth."""

    def __init__(self, truth: Iterable[dict[str, Any]]) -> None:
        events = [_event(each) for each in truth if each["event_name"] in ACTIVITY]
        self.events = sorted(events, key=lambda event: event.at)
        by_user = sorted(self.events, key=lambda event: event.user)
        self.of_user = {user: [*rows] for user, rows in groupby(by_user, lambda each: each.user)}
        self.charges = _charges(self.events)

    def users(self) -> set[tuple[str, int, date, date]]:
        return {
            (user, len(events), events[0].day, events[-1].day)
            for user, events in self.of_user.items()
        }

    def sessions(self) -> Counter[tuple[Any, ...]]:
        """Count sessions by user, day, seconds, events and Charged events."""
        return Counter(
            (
                user,
                session[0].day,
                (session[-1].at - session[0].at).total_seconds(),
                len(session),
                sum(event.name == "Charged" for event in session),
            )
            for user, events in self.of_user.items()
            for session in _sessions(events)
        )

    def funnel(self) -> list[tuple[int, str, int]]:
        depths = [_depth(events) for events in self.of_user.values()]
        return [
            (number, step, sum(depth >= number for depth in depths))
            for number, step in enumerate(STEPS, 1)
        ]

    def retention(self) -> set[tuple[date, date, int, int, bool]]:
        """Return cohort, week, size of the cohort, those who came, and whether the week is over."""
        weeks = {user: {event.week for event in events} for user, events in self.of_user.items()}
        cohorts = Counter(map(min, weeks.values()))
        last = self.events[-1].day
        return {
            (
                cohort,
                week,
                size,
                sum(min(came) == cohort and week in came for came in weeks.values()),
                week + timedelta(7) <= last,
            )
            for cohort, size in cohorts.items()
            for week in (cohort + timedelta(7 * number) for number in range(60))
            if week <= last
        }

    def revenue_daily(self) -> set[tuple[Any, ...]]:
        """Return day, currency, charges, users, amount, charges without one, and units."""
        groups = defaultdict(list)
        for each in self.charges:
            groups[each.day, _currency(each)].append(each)
        return {
            (
                *key,
                len(charges),
                len({each.user for each in charges}),
                sum((_amount(each) or Decimal() for each in charges), Decimal()),
                sum(_amount(each) is None for each in charges),
                sum(quantity for each in charges for _, quantity in _items(each)),
            )
            for key, charges in groups.items()
        }

    def revenue_items(self) -> set[tuple[Any, ...]]:
        """Return day, currency, product, charges and units."""
        charges: Counter[tuple[Any, ...]] = Counter()
        units: Counter[tuple[Any, ...]] = Counter()
        for each in self.charges:
            keys = {(each.day, _currency(each), product) for product, _ in _items(each)}
            charges.update(keys)
            for product, quantity in _items(each):
                units[each.day, _currency(each), product] += quantity
        return {(*key, charges[key], number) for key, number in units.items()}


def _event(row: dict[str, Any]) -> Event:
    identity = row["identity"]
    user = f"device:{row['object_id']}" if identity is None else f"identity:{identity}"
    at = datetime.strptime(str(row["ts"]), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the project's clock
    return Event(row["event_name"], at, user, row["event_props"] or {})


def _sessions(events: list[Event]) -> list[list[Event]]:
    sessions: list[list[Event]] = []
    for event in events:
        before = sessions[-1][-1] if sessions else None
        session_id = event.props.get("CT Session Id")
        goes_on = before is not None and (
            event.at - before.at < GAP
            or (session_id is not None and session_id == before.props.get("CT Session Id"))
        )
        if goes_on:
            sessions[-1].append(event)
        else:
            sessions.append([event])
    return sessions


def _depth(events: list[Event]) -> int:
    """Return how many steps a user took in order; two may be in one second."""
    depth, since = 0, datetime.min  # noqa: DTZ901 - before all
    for step in STEPS:
        later = [event.at for event in events if event.name == step and event.at >= since]
        if not later:
            break
        depth, since = depth + 1, min(later)
    return depth


def _charges(events: list[Event]) -> list[Event]:
    known: set[str] = set()
    charges = []
    for event in events:
        charged_id = event.props.get("Charged ID")
        if event.name == "Charged" and (charged_id in {None, ""} or str(charged_id) not in known):
            charges.append(event)
            known.add(str(charged_id))
    return charges


def _currency(event: Event) -> str:
    return event.props.get("Currency") or "unknown"


def _amount(event: Event) -> Decimal | None:
    try:
        amount = float(event.props.get("Amount", "none"))
    except ValueError:
        return None
    if not math.isfinite(amount) or abs(amount) >= LARGEST:
        return None
    return Decimal(str(amount)).quantize(Decimal("0.0001"))


def _items(event: Event) -> list[tuple[str, Decimal]]:
    items = event.props.get("Items")
    return [
        (item.get("Product", "unknown"), Decimal(str(item.get("Quantity", 1))))
        for item in (items if isinstance(items, list) else [])
    ]
