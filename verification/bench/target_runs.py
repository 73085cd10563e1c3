"""How orders are delivered: by the target, by the SDK's own sink, and by a bare client."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verification.bench.bare import BareClient
from verification.bench.measure import BIN, Measured, measure
from verification.bench.workplace import Served, served

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

HERE = Path(__file__).parent
USERS, HEAVY_USERS = 50_000, 100
UPLOAD = 1000
LEDGER = "ledger.sqlite"
RULE = {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"}
COUNTING: dict[str, Any] = {"days": 1, "users": 1, "count_uploads": True}
COLUMNS = {
    "id": {"type": "integer"},
    "email": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "total": {"type": "number"},
    "currency": {"type": "string"},
    "shop": {"type": "string"},
}


class LostRecordsError(RuntimeError):
    """Not as many records were taken as were sent."""

    def __init__(self, taken: int, sent: int) -> None:
        super().__init__(f"{taken:,} of {sent:,} records were taken")


@dataclass
class Delivery:
    """An emulator, and the orders that go to it."""

    place: Workplace
    emulator: Emulator
    orders: str
    count: int
    environment: dict[str, str] = field(default_factory=dict)
    programs: Path = BIN
    """The folder of the target."""

    def deliver(self, *, ledger: str = LEDGER) -> Measured:
        """Deliver the orders as events, with an empty ledger or none."""
        self.place.remove(LEDGER)
        return self.deliver_more(ledger=ledger)

    def checked(self) -> Measured:
        """Deliver the orders with an empty ledger, and compare what was taken with what was sent.

        Raises:
            LostRecordsError: If they differ.
        """
        ours = served(self.emulator, self.deliver)
        self.check(ours)
        return ours.run

    def deliver_more(self, *, ledger: str = LEDGER) -> Measured:
        """Deliver the orders with the ledger that is there."""
        return measure(self.command(ledger), stdin=self.orders, environment=self.environment)

    def command(self, ledger: str = LEDGER) -> list[str]:
        """Return the command line of the target."""
        settings = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "streams": {"orders": RULE},
            "rejects_path": str(self.place.folder / "rejects.jsonl"),
            "ledger_path": str(self.place.folder / ledger) if ledger else "",
        }
        program = str(self.programs / "target-clevertap")
        return [program, "--config", self.place.config(settings)]

    def deliver_plainly(self) -> Measured:
        """Post the orders with the SDK's own sink."""
        config = self.place.config({"api_url": self.emulator.url})
        command = [sys.executable, str(HERE / "peers.py"), "target", "--config", config]
        return measure(command, stdin=self.orders)

    def bare(self) -> float:
        """Return how many records a second the emulator alone takes."""
        record = {
            "type": "event",
            "evtName": "Ordered",
            "identity": "user1@example.org",
            "ts": 1_700_000_000,
            "evtData": {"id": 1_234_567, "total": 12.5, "currency": "INR", "shop": "17"},
        }
        body = json.dumps({"d": [record] * UPLOAD}).encode()
        return BareClient(self.emulator).records_a_second([body] * 500, UPLOAD)

    def check(self, ours: Served) -> None:
        """Compare what was taken with what was sent.

        Raises:
            LostRecordsError: If they differ.
        """
        taken = sum(each["records"] for each in ours.answered)
        if taken != self.count:
            raise LostRecordsError(taken, self.count)


def spread(number: int) -> int:
    """Return an order's user: of all, one after another."""
    return number * 7919 % USERS


def skewed(number: int) -> int:
    """Return an order's user: three of ten orders are of the same few."""
    tens, rest = divmod(number, 10)
    return (tens * 3 + rest) % HEAVY_USERS if rest < 3 else spread(number)


def written_orders(place: Workplace, count: int, user: Callable[[int], int] = spread) -> str:
    """Write orders as a tap would; return the file's path."""
    path = place.folder / f"orders-{user.__name__}-{count}.jsonl"
    with path.open("w") as lines:
        lines.write(order_schema())
        lines.writelines(order(number, user(number)) for number in range(count))
    return str(path)


def order_schema() -> str:
    """Return the line with the schema of the orders."""
    schema = {"type": "SCHEMA", "stream": "orders", "schema": {"properties": COLUMNS}}
    schema |= {"key_properties": ["id"], "bookmark_properties": ["created_at"]}
    return json.dumps(schema) + "\n"


def order(number: int, user: int) -> str:
    """Return the line of an order."""
    return (
        f'{{"type":"RECORD","stream":"orders","record":{{"id":{number},'
        f'"email":"user{user}@example.org","created_at":'
        f'"2026-01-{1 + number % 28:02}T00:{number // 60 % 60:02}:{number % 60:02}Z",'
        f'"total":{number % 5000 / 100},"currency":"INR","shop":"{number % 97}"}}}}\n'
    )
