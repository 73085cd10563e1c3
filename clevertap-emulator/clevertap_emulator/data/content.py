"""Campaigns, messages, category groups and content blocks of the project, all by the seed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.calendar import day_stamp

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.settings import Settings

FIRST_CAMPAIGN = 1_457_432_766
DAYS_AHEAD = 10
"""Campaigns are scheduled until this number of days after today."""
DAYS_TO_SETTLE = 10
"""The counts of a message grow for this number of days after its start."""
CHANNELS = ("push", "email", "sms", "whatsapp", "inapp", "web_pop_up")
DELIVERIES = ("one_time", "action", "inaction", "recurring", "api")
NAMES = ("Diwali: früher access", "Weekly digest", "Verão", "Cart reminder", "Willkommen ☕")
LABELS = ("promo", "lifecycle", "festival")
CONTENT_BLOCKS = 230


class Content:
    """What the project has apart from users and events."""

    def __init__(self, settings: Settings, calendar: Calendar) -> None:
        self._seed = settings.seed
        self._calendar = calendar

    def campaigns(self, first: date, last: date) -> list[dict[str, Any]]:
        """Return the campaigns that are scheduled on these days; each other day has one."""
        return [self._campaign(day) for day in self._days(first, last) if day.toordinal() % 2]

    def messages(self, first: date, last: date) -> list[dict[str, Any]]:
        """Return the messages that started on these days, one or two a day [LEA]."""
        began = min(last, self._calendar.current_day())
        return [
            self._message(day, number)
            for day in self._days(first, began)
            for number in range(1 + day.toordinal() % 2)
        ]

    def category_groups(self) -> list[dict[str, Any]]:
        """Return the groups of subscriptions [D:settings-api-endpoints]."""
        created = int(self._calendar.start) - 400 * 86_400
        return [
            {
                "name": name,
                "key": number,
                "description": f"{name} messages",
                "channels": list(channels),
                "created_on": created + number * 86_400,
                "updated_on": created + number * 90_000,
            }
            for number, (name, channels) in enumerate(
                [("Promotions", ["Email", "SMS"]), ("Über uns", ["Email"]), ("Orders", ["Push"])],
                1,
            )
        ]

    def content_blocks(self) -> list[dict[str, Any]]:
        """Return the content blocks, the one created first in front."""
        start = datetime.fromtimestamp(self._calendar.start, timezone.utc)
        return [
            {
                "id": 90_000 + number,
                "name": f"Block {number}",
                "type": ("HTML", "TEXT")[number % 2],
                "content": f"<p>Größe {number}</p>",
                "createdAt": _iso(start - timedelta(days=400, hours=-number)),
                "createdBy": "asha@example.com",
                "updatedAt": _iso(start - timedelta(days=number % 50, hours=number % 24)),
                "updatedBy": "jose@example.com",
            }
            for number in range(CONTENT_BLOCKS)
        ]

    def _days(self, first: date, last: date) -> list[date]:
        first = max(first, self._calendar.first_day)
        last = min(last, self._calendar.current_day() + timedelta(days=DAYS_AHEAD))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def _campaign(self, day: date) -> dict[str, Any]:
        rng = self._random(f"campaign/{day}")
        number = day.toordinal() // 2
        # Some ids are too large for a float.
        offset = 2**53 + 1 if number % 4 == 0 else FIRST_CAMPAIGN
        running = "running" if day == self._calendar.current_day() else "completed"
        return {
            "id": offset + number,
            "name": rng.choice(NAMES),
            "scheduled_on": day_stamp(day) * 10_000 + rng.randrange(24) * 100 + 30,
            "status": "scheduled" if day > self._calendar.current_day() else running,
        }

    def result(self, day: date) -> dict[str, int]:
        """Return the report of the campaign of a day."""
        sent = self._random(f"result/{day}").randint(50, 5000)
        return {"sent": sent, "clicked": sent // 7}

    def campaign_day(self, campaign: int) -> date | None:
        """Return the day of a campaign; None if its id is unknown."""
        first, last = (
            self._calendar.first_day,
            self._calendar.current_day() + timedelta(days=DAYS_AHEAD),
        )
        days = [day for day in self._days(first, last) if day.toordinal() % 2]
        return next((day for day in days if self._campaign(day)["id"] == campaign), None)

    def _message(self, day: date, number: int) -> dict[str, Any]:
        rng = self._random(f"message/{day}/{number}")
        age = (self._calendar.current_day() - day).days + 1
        sent = round(rng.randint(100, 9000) * min(1.0, age / DAYS_TO_SETTLE))
        return {
            "message id": (2**53 + 1 if number else 1_600_000_000) + day.toordinal() * 2 + number,
            "message_name": rng.choice(NAMES),
            "start_date": str(day_stamp(day)),
            "channel": rng.choice(CHANNELS),
            "delivery": rng.choice(DELIVERIES),
            "message_type": rng.choice(["single", "ab"]),
            "status": "running" if age < DAYS_TO_SETTLE else "completed",
            "labels": rng.sample(LABELS, rng.randrange(3)),
            "conversion_event": rng.choice(["Charged", None]),
            "sent": sent,
            "viewed": sent // 2,
            "clicked": sent // 9,
        }

    def _random(self, what: str) -> Random:
        return Random(f"{self._seed}/{what}")  # noqa: S311 - seeded on purpose


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
