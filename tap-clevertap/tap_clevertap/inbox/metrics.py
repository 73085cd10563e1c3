"""What the receiver counts, for Prometheus and for its log."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.metrics_core import Metric

PREFIX = "clevertap_inbox"
COMMIT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
HELP = {
    "received": "Messages that arrived whole.",
    "stored": "Messages that were stored and answered with 200.",
    "repeated": "Messages that were known already and answered with 200.",
    "conflicting": "Repeated messages of EventBridge with another body than the stored one.",
}


class ReceiverCounts(Collector):
    """Counts since the start of the receiver; its main thread changes them.

    Args:
        held: Returns the bytes of requests in memory.
    """

    def __init__(self, held: Callable[[], int]) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        """By one of HELP and the source of the messages."""
        self.refused: Counter[str] = Counter()
        """By reason."""
        self.waiting: Callable[[], int] = int
        """Returns the messages that wait for a transaction."""
        self._held = held
        self._last_stored = 0.0
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._commits = Histogram(
            f"{PREFIX}_commit_seconds",
            "Seconds until a transaction was on the disk.",
            buckets=COMMIT_BUCKETS,
            registry=self._registry,
        )

    def count(self, what: str, source: str) -> None:
        """Count a message that was received, stored, repeated or conflicting."""
        self.counts[what, source] += 1
        if what == "stored":
            self._last_stored = time.time()

    def refuse(self, reason: str) -> None:
        """Count a request that was not answered with 200."""
        self.refused[reason] += 1

    def committed(self, seconds: float) -> None:
        """Count a transaction; any thread may call it."""
        self._commits.observe(seconds)

    def text(self) -> bytes:
        """Return all as Prometheus reads it."""
        return generate_latest(self._registry)

    @override
    def collect(self) -> Iterator[Metric]:
        for what, description in HELP.items():
            family = CounterMetricFamily(f"{PREFIX}_{what}", description, labels=["source"])
            for source in ("webhook", "eventbridge"):
                family.add_metric([source], self.counts[what, source])
            yield family
        refused = CounterMetricFamily(
            f"{PREFIX}_refused", "Requests that were not answered with 200.", labels=["reason"]
        )
        for reason, number in sorted(self.refused.items()):
            refused.add_metric([reason], number)
        yield refused
        for name, description, value in (
            ("waiting", "Messages that wait for a transaction.", self.waiting()),
            ("held_bytes", "Bytes of requests in memory.", self._held()),
            ("last_stored_timestamp_seconds", "When a message was stored last.", self._last_stored),
        ):
            yield GaugeMetricFamily(f"{PREFIX}_{name}", description, value=value)
