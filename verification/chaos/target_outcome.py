"""What came of a job in the end: lost, doubled, doubtful, and what its profiles came to."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verification.chaos.tally import Tally
    from verification.chaos.target_truth import Arrived, Sent

ROWS, IN_FLIGHT = 25, 5
MOST_AT_A_KILL = ROWS * IN_FLIGHT


@dataclass
class Past:
    """What is known of a job's runs that ended by a kill."""

    requests: dict[int, range] = field(default_factory=dict)
    """By run, the requests that came of it."""

    unanswered: set[int] = field(default_factory=set)
    """Those without an answer when the kill came."""

    claimed: dict[int, int] = field(default_factory=dict)
    """By run, how many records its ledger knew as on their way when the kill came."""

    def kill_of(self, request: int) -> int | None:
        """Return the run that a request came of, if it was killed."""
        return next((run for run, made in self.requests.items() if request in made), None)


@dataclass
class Outcome:
    """What arrived in all runs of a job, next to what was sent."""

    arrived: Arrived
    sent: Sent
    past: Past
    tally: Tally

    def check(self, uncertain: str) -> None:
        """Count, and check all that is promised.

        Args:
            uncertain: The setting of that name.
        """
        self.arrived.look()
        numbers, rejected = self.arrived.numbers, self.arrived.rejected
        lost = set(range(self.sent.count)) - numbers.keys() - rejected.keys()
        self.tally.records += self.sent.count
        self.tally.lost += len(lost)
        self.tally.doubtful += len(rejected)
        self.tally.doubtful_delivered += len(rejected.keys() & numbers.keys())
        if lost or self.arrived.done != self.sent.count:
            self.tally.fault(f"lost {sorted(lost)[:5]}, the last state is {self.arrived.done}")
        self._check_doubles(may_be=uncertain == "resend")
        self._check_doubtful(may_be=uncertain == "skip")
        self._check_people()
        self.tally.jobs += 1

    def _check_doubles(self, *, may_be: bool) -> None:
        """Check that only what was on its way at a kill is there twice, and how much of it."""
        earlier = list(self._earlier_requests())
        by_kill = Counter(self.past.kill_of(request) for request in earlier)
        self.tally.doubled += len(earlier)
        self.tally.doubled_unanswered += sum(each in self.past.unanswered for each in earlier)
        if earlier and not may_be:
            self.tally.fault(f"{len(earlier)} records are there twice")
        if without := by_kill.pop(None, 0):
            self.tally.fault(f"{without} records are there twice without a kill")
        for run, doubled in by_kill.items():
            most = min(MOST_AT_A_KILL, self.past.claimed.get(run or 0, 0))
            if doubled > most:
                self.tally.fault(f"the kill of run {run} doubled {doubled} records, of {most}")

    def _earlier_requests(self) -> list[int]:
        """Return the request of each delivery that was not a record's last."""
        counted, met = self.sent.counted, defaultdict(list)
        for request, records in sorted(self.arrived.by_request.items()):
            for each in records:
                if each.number in counted:
                    met[each.number].append(request)
        return [request for requests in met.values() for request in requests[:-1]]

    def _check_doubtful(self, *, may_be: bool) -> None:
        rejected = self.arrived.rejected
        most = len(self.past.requests) * MOST_AT_A_KILL if may_be else 0
        if len(rejected) > most:
            self.tally.fault(f"{len(rejected)} records are rejected as uncertain, {most} may be")
        if rejected.keys() - self.sent.counted:
            self.tally.fault("a record that does no harm when sent again is rejected as uncertain")

    def _check_people(self) -> None:
        """Check what the profiles came to: the last value, and the sum of what was added."""
        added: Counter[str] = Counter()
        for records in self.arrived.by_request.values():
            for each in records:
                added[each.user] += each.points
        people = self.arrived.people()
        last = {user: people[user].get("Number") for user in self.sent.last}
        if last != self.sent.last:
            wrong = [user for user in last if last[user] != self.sent.last[user]]
            self.tally.fault(f"the last value is not the last that was sent: {wrong[:5]}")
        if any(people[user].get("Points", 0) != points for user, points in added.items()):
            self.tally.fault("the sums are not of what was delivered")
