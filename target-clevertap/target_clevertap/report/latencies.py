"""Latency quantiles out of any number of requests, in little memory."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

GROWTH = 1.05
"""How much wider each bucket is than the one before it: quantiles are right within 5 %."""
SHORTEST = 0.0001
"""Seconds that the first bucket ends with."""
LOG_GROWTH = math.log(GROWTH)
QUANTILES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}


@dataclass(slots=True)
class Latencies:
    """How many requests took how long; an hour is in bucket 357, so there are few of them."""

    buckets: Counter[int] = field(default_factory=Counter)
    longest: float = 0.0
    """In seconds, exactly."""

    def add(self, seconds: float) -> None:
        """Add a request."""
        self.buckets[
            max(0, math.ceil(math.log(max(seconds, SHORTEST) / SHORTEST) / LOG_GROWTH))
        ] += 1
        self.longest = max(self.longest, seconds)

    def merge(self, other: Latencies) -> None:
        """Add all requests of another."""
        self.buckets.update(other.buckets)
        self.longest = max(self.longest, other.longest)

    def quantile(self, share: float) -> float:
        """Return the seconds in which a share of the requests had ended; 0 without requests."""
        rank, passed = share * self.buckets.total(), 0
        for bucket, count in sorted(self.buckets.items()):
            passed += count
            if passed >= rank:
                return min(self.longest, SHORTEST * GROWTH**bucket)
        return self.longest

    def quantiles(self) -> dict[str, float]:
        """Return the seconds of each quantile and of the longest, to the tenth of a millisecond."""
        found = {name: self.quantile(share) for name, share in QUANTILES.items()}
        return {name: round(each, 4) for name, each in (*found.items(), ("max", self.longest))}
