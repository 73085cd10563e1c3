"""What happened when: a run's time in slots of equal length, however long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_SLOTS = 120
"""With more, each two become one."""


@dataclass(slots=True)
class Slot:
    """What happened in one stretch of the run."""

    delivered: int = 0
    """Records that CleverTap took."""

    requests: int = 0
    """Requests that ended."""

    throttled: int = 0
    """Of those, refused as there were too many at once."""

    most_in_flight: int = 0

    def add(self, other: Slot) -> None:
        """Add what happened in another stretch."""
        self.delivered += other.delivered
        self.requests += other.requests
        self.throttled += other.throttled
        self.most_in_flight = max(self.most_in_flight, other.most_in_flight)


@dataclass(slots=True)
class Timeline:
    """The slots of a run, from its start on."""

    seconds: float = 1.0
    """How long a slot is."""

    slots: list[Slot] = field(default_factory=list)

    def at(self, seconds: float) -> Slot:
        """Return the slot of a moment.

        Args:
            seconds: Since the start of the run.
        """
        while seconds >= MOST_SLOTS * self.seconds:
            self._widen()
        number = int(seconds / self.seconds)
        while len(self.slots) <= number:
            self.slots.append(Slot())
        return self.slots[number]

    def _widen(self) -> None:
        self.seconds *= 2
        for first, second in zip(self.slots[::2], self.slots[1::2], strict=False):
            first.add(second)
        self.slots = self.slots[::2]
