"""What is known of a run's requests: how many, how large, how long, and how many at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from target_clevertap.report.latencies import Latencies
from target_clevertap.report.timeline import Timeline

UPLOADS = "uploads"
OTHER = "other"
"""Kinds of requests: all that are not uploads are other calls."""


@dataclass(slots=True)
class RequestTotals:
    """What is known of the requests that have ended."""

    kinds: Counter[str] = field(default_factory=Counter)
    """How many there were, each try for itself."""

    bytes: int = 0
    """Of the records in them, as they were sent."""

    throttled: int = 0
    """Those refused as there were too many at once."""

    most_in_flight: int = 0
    latencies: Latencies = field(default_factory=Latencies)
    timeline: Timeline = field(default_factory=Timeline)
