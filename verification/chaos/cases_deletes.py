"""Deletions, disturbed again and again: each user is deleted once, and each call has a receipt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from verification.chaos.cases_target import REJECTS, WORLD, TargetJob, disturb, new_folder
from verification.chaos.delete_truth import DELETE_RULES, ArrivedDeletions, SentDeletions
from verification.chaos.disturbances import OF_TARGET, Disturbances
from verification.chaos.tally import Tally

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace
    from verification.chaos.target_truth import Arrived

RECORDS = 1_500
DELETES = "deletes.jsonl"
FAULTS = [
    {"match": {"kind": "delete", "every": 3}, "action": {"delay_effect": 0.12}},
    {"match": {"kind": "delete"}, "action": {"delay": 0.04}},
    {"match": {"kind": "upload"}, "action": {"delay": 0.02}},
]
SETTINGS: dict[str, Any] = {
    "streams": DELETE_RULES,
    "confirm_deletes": True,
    "deletes_path": DELETES,
}


@dataclass
class DeleteJob(TargetJob):
    """One delivery of all deletions, to an emulator that is empty."""

    @override
    def _none_arrived(self) -> Arrived:
        files = (self.folder / REJECTS, self.tally, self.folder / DELETES)
        return ArrivedDeletions(self.emulator, *files, self._sent_deletions)

    @property
    def _sent_deletions(self) -> SentDeletions:
        return cast("SentDeletions", self.sent)

    @override
    def check(self) -> None:
        arrived, tally = cast("ArrivedDeletions", self.arrived), self.tally
        arrived.look()
        deleted, rejected, receipts = arrived.numbers, arrived.rejected, arrived.receipts
        lost = {*range(self.sent.count)} - deleted.keys() - rejected.keys()
        tally.records += self.sent.count
        tally.lost += len(lost)
        tally.doubtful += len(rejected)
        tally.doubtful_delivered += len(rejected.keys() & deleted.keys())
        if lost or self.arrived.done != self.sent.count:
            tally.fault(f"lost {sorted(lost)[:5]}, the last state is {self.arrived.done}")
        self._check_repeats()
        if without := self.sent.counted - receipts.keys() - rejected.keys():
            tally.fault(f"deleted without a receipt: {sorted(without)[:5]}")
        if more := [number for number, count in receipts.items() if count > deleted[number]]:
            tally.fault(f"receipts of what was not deleted: {sorted(more)[:5]}")
        self._check_who_is_back()
        tally.jobs += 1

    def _check_repeats(self) -> None:
        """Check that a user is deleted again only where a kill left the first call in flight."""
        counted = self.sent.counted
        met: Counter[int] = Counter()
        for request, records in sorted(self.arrived.by_request.items(), reverse=True):
            for each in records:
                met[each.number] += each.number in counted
                if met[each.number] > 1:
                    self.tally.doubled += 1
                    self.tally.doubled_unanswered += request in self.past.unanswered
                    if self.past.kill_of(request) is None or self.uncertain == "skip":
                        self.tally.fault(f"{each.number} is deleted twice, after {request}")

    def _check_who_is_back(self) -> None:
        found = {
            user: self.emulator.api("GET", f"/1/profile.json?identity={user}")
            for user in self._sent_deletions.back
        }
        if gone := [user for user, answer in found.items() if not answer.ok]:
            self.tally.fault(f"users who came back are gone: {gone[:5]}")


def deletes(place: Workplace, count: int, seed: str, uncertain: str) -> Tally:
    """Disturb a target that deletes this number of times."""
    tally, sent = Tally(f"target that deletes, `uncertain: {uncertain}`"), SentDeletions(RECORDS)
    emulator = place.start(**WORLD)

    def new_job(number: int) -> TargetJob:
        folder = new_folder(place, number)
        return DeleteJob(emulator, folder, uncertain, sent, tally, FAULTS, SETTINGS)

    disturb(new_job, Disturbances(OF_TARGET, count, f"{seed} deletes {uncertain}"))
    return tally


def deletes_resend(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb a target that sends deletions of unknown outcome again."""
    return deletes(place, count, seed, "resend")


def deletes_skip(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb a target that does not."""
    return deletes(place, count, seed, "skip")
