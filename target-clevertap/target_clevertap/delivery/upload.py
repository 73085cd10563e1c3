"""Bringing one batch to its end: claimed, sent, tried again, split, each record accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_clevertap.api.answers import SERVER_ERROR, Refusal, read_answer
from target_clevertap.api.outcomes import Answered, Indigestible, Unknown
from target_clevertap.delivery.circuit_breaker import Settlement
from target_clevertap.delivery.record_status import (
    ALREADY_DELIVERED,
    DELIVERED,
    HELD_BEFORE,
    Fate,
    known_fate,
)
from target_clevertap.errors import UploadStopped
from target_clevertap.ledger.ledger import Former
from target_clevertap.records.entries import ToldBy
from target_clevertap.rejects.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.api.retries import Channel
    from target_clevertap.delivery.lanes import Source
    from target_clevertap.ledger.ledger import Claim
    from target_clevertap.records.entries import Entry

TRIES_AFTER_SERVER_ERROR = 5
UNMATCHED_REASON = "CleverTap's answer does not say whether it took this record"
UNCERTAIN_REASON = "the request's outcome is unknown, CleverTap may have taken this record"
KEY = ToldBy.KEY
TOLD_AFRESH = (ToldBy.BOOKMARK, ToldBy.NUMBER)
"""What tells a record from equal ones that earlier releases took for the same."""


@dataclass(slots=True)
class Upload:
    """One batch on its way; used by one thread."""

    channel: Channel
    entries: Sequence[Entry]
    sources: Sequence[Source]
    """One for each entry."""

    _fates: dict[int, Fate] = field(default_factory=dict)
    _claim: Claim | None = None
    _doubtful: set[int] = field(default_factory=set)
    """Records that CleverTap may have taken in a request of unknown outcome."""

    _doubted: Counter[int] = field(default_factory=Counter)
    """How many such requests each record was in."""

    _recorded: set[int] = field(default_factory=set)
    _claimed: list[int] = field(default_factory=list)
    _heirs: dict[int, list[int]] = field(default_factory=dict)
    """By record, those of its name with another content: sent where CleverTap refused it."""

    _was_split: bool = False
    _keys: frozenset[bytes] = frozenset()
    """Names that records of other users may have too."""

    def run(self) -> Settlement:
        """Bring every record to its end.

        Raises:
            StoppedError: When the run ended before that.
            UploadStopped: When the run cannot go on.
        """
        twins, sent = self._begin()
        try:
            if sent:
                self._send(sent)
                self._send_heirs(twins, sent)
        finally:
            self._record(is_over=True)
            self.channel.summary.count(uncertain=len(self._doubted))
        for twin, first in twins.items():
            fate = self._fates[first]
            self._fates[twin] = ALREADY_DELIVERED if fate.is_delivered else fate
        return self._settlement(sent)

    def end(self) -> None:
        """Let other lanes send records of these names, once what became of these is written down.

        A run that stops does not get there, so no lane takes for unsent what was on its way.
        """
        self.channel.release(self._keys)

    def _begin(self) -> tuple[dict[int, int], list[int]]:
        """Claim the records, and return which equal others and which are to be sent."""
        keys = [entry.name for entry in self.entries if entry.told_by is KEY]
        self._keys = frozenset([name for name in keys if name is not None])
        self.channel.take(self._keys)
        twins, named = self._named()
        if self.channel.ledger is not None and named:
            insisted = {
                entry.name
                for entry, source in zip(self.entries, self.sources, strict=True)
                if source.insisted and entry.name is not None
            }
            self._claim = self.channel.ledger.claim(
                list(named), insisted, resend=self.channel.resend, former=self._former(named)
            )
            self._fates = {
                named[name]: known_fate(state) for name, state in self._claim.known.items()
            }
        sent = [*range(len(self.entries))]
        if twins or self._fates:
            sent = [index for index in sent if index not in twins and index not in self._fates]
        self._claimed = [index for index in sent if self.entries[index].name is not None]
        for twin, first in twins.items():
            if self.entries[twin].payload != self.entries[first].payload:
                self._heirs.setdefault(first, []).append(twin)
        return twins, sent

    def _former(self, named: Mapping[bytes, int]) -> dict[bytes, Former]:
        """Return what an earlier release called the records of these names."""
        formers = [entry.former for entry in self.entries]
        if formers.count(None) == len(formers):
            return {}
        entries = ((name, self.entries[index]) for name, index in named.items())
        return {
            name: Former(entry.former, entry.told_by in TOLD_AFRESH)
            for name, entry in entries
            if entry.former is not None
        }

    def _named(self) -> tuple[dict[int, int], dict[bytes, int]]:
        """Return which records equal others, and the first of each name."""
        names = [entry.name for entry in self.entries]
        twins: dict[int, int] = {}
        named: dict[bytes, int] = {}
        for index, name in enumerate(names):
            if name is not None and named.setdefault(name, index) != index:
                twins[index] = named[name]
        return twins, named

    def _send_heirs(self, twins: dict[int, int], sent: list[int]) -> None:
        """Send records whose key names them alone, where another one of that key was refused."""
        while refused := [index for index in self._heirs if self._is_refused(index)]:
            next_ones = []
            for first in refused:
                heir, *others = self._heirs.pop(first)
                del twins[heir]
                twins.update(dict.fromkeys(others, heir))
                if others:
                    self._heirs[heir] = others
                next_ones.append(heir)
            sent += next_ones
            self._claimed += next_ones
            self._send(next_ones)

    def _is_refused(self, index: int) -> bool:
        fate = self._fates.get(index)
        return fate is not None and fate.code is not None and not fate.is_held

    def _send(self, sent: Sequence[int]) -> None:
        left = self._send_once(sent)
        for _, pause in zip(range(TRIES_AFTER_SERVER_ERROR), self.channel.pauses(), strict=False):
            if not left:
                return
            self.channel.pause(pause)
            left = self._send_once(self._again(left, sent))
        for refusal in left:
            self._fates[refusal.index] = Fate(refusal.code, refusal.reason)

    def _again(self, left: Sequence[Refusal], sent: Sequence[int]) -> list[int]:
        """Return the records to send again: those left, and what they would else override.

        A profile that CleverTap takes only now would win over its user's later ones, which it
        took before.
        """
        indexes = {refusal.index for refusal in left}
        firsts: dict[str, int] = {}
        for index in sorted(indexes):
            firsts.setdefault(self.entries[index].user, index)
        return [index for index in sent if index in indexes or self._is_after(firsts, index)]

    def _is_after(self, firsts: Mapping[str, int], index: int) -> bool:
        entry = self.entries[index]
        first = firsts.get(entry.user, index)
        return first < index and not entry.counts_again and self._fates.get(index) is DELIVERED

    def _send_once(self, sent: Sequence[int]) -> list[Refusal]:
        """Send records in one request, or in more where CleverTap will not read them in one.

        Returns:
            Those that met an error of CleverTap's own, which may be sent again.
        """
        outcome = self._outcome(sent)
        if isinstance(outcome, Unknown):
            fate = Fate("uncertain", f"{UNCERTAIN_REASON} ({outcome.reason})", is_held=True)
            self._fates.update(dict.fromkeys(sent, fate))
            return []
        if isinstance(outcome, Answered):
            return self._read(sent, outcome.body)
        if len(sent) == 1:
            self._fates[sent[0]] = Fate(outcome.code, outcome.reason)
            return []
        self._was_split = True
        middle = len(sent) // 2
        self._send(sent[:middle])
        self._send(sent[middle:])
        return []

    def _read(self, sent: Sequence[int], body: Mapping[str, Any]) -> list[Refusal]:
        reading = read_answer(body, [self.entries[index].payload for index in sent])
        if len(reading.delivered) == len(sent):
            self._fates.update(dict.fromkeys(sent, DELIVERED))
        else:
            self._fates.update((sent[place], DELIVERED) for place in reading.delivered)
        for refusal in reading.refused:
            self._fates[sent[refusal.index]] = Fate(refusal.code, refusal.reason)
        for place in reading.unmatched:
            self._fates[sent[place]] = Fate("unmatched", UNMATCHED_REASON, is_held=True)
        self._record(is_over=False)
        return [
            Refusal(sent[refusal.index], SERVER_ERROR, refusal.reason) for refusal in reading.again
        ]

    def _outcome(self, sent: Sequence[int]) -> Answered | Indigestible | Unknown:
        def doubt() -> int:
            self._doubtful.update(sent)
            self._doubted.update(sent)
            return max(self._doubted[index] for index in sent)

        outcome = self.channel.send([self.entries[index].payload for index in sent], doubt)
        if not isinstance(outcome, Unknown):
            self._doubtful.difference_update(sent)
        return outcome

    def _record(self, *, is_over: bool) -> None:
        """Write into the ledger what is certain by now.

        Args:
            is_over: Whether nothing more is sent, so that only what CleverTap may have stays
                claimed. Records for the rejects file stay claimed until they are in it.
        """
        if self._claim is None or self.channel.ledger is None or not self._claimed:
            return
        delivered = [
            index
            for index, fate in self._fates.items()
            if fate is DELIVERED and index not in self._recorded
        ]
        fates = self._fates
        claimed = [
            index
            for index in self._claimed
            if fates.get(index) is not DELIVERED
            and (self._may_be_taken(index) or (not is_over and self._may_be_sent(index)))
        ]
        if not delivered and claimed == self._claimed:
            return
        self._claimed = claimed
        self._recorded.update(delivered)
        self.channel.ledger.settle(
            self._claim, delivered=self._names(delivered), remaining=self._names(claimed)
        )

    def _may_be_sent(self, index: int) -> bool:
        return index not in self._fates or (index in self._heirs and self._is_refused(index))

    def _may_be_taken(self, index: int) -> bool:
        fate = self._fates.get(index)
        if fate is None:
            return index in self._doubtful
        return fate.is_held and fate.code is not None

    def _names(self, indexes: Sequence[int]) -> list[bytes]:
        names = [self.entries[index].name for index in indexes]
        return [name for name in names if name is not None]

    def _settlement(self, sent: Sequence[int]) -> Settlement:
        if self._was_split and self.channel.stops_when_all_rejected:
            self._stop_if_all_indigestible(sent)
        fates = Counter(self._fates.values())
        self.channel.summary.count(
            uncertain=fates[HELD_BEFORE],
            taken_for_resent=self._taken_for_resent() if fates[ALREADY_DELIVERED] else 0,
        )
        self._count_streams()
        segments = [source.segment for source in self.sources]
        if fates[DELIVERED] == len(segments):
            return Settlement(
                segments,
                delivered=len(segments),
                delivered_of=frozenset([source.origin.name for source in self.sources]),
                claim=self._claim,
            )
        names = [source.origin.name for source in self.sources]
        refused = [i for i, fate in sorted(self._fates.items()) if fate.is_refused]
        held = [i for i, fate in sorted(self._fates.items()) if fate.is_held and fate.code]
        return Settlement(
            [each for i, each in enumerate(segments) if not self._fates[i].is_refused],
            delivered=fates[DELIVERED],
            already_delivered=fates[ALREADY_DELIVERED],
            rejects=[self._reject(index) for index in held],
            refused=[(segments[index], self._reject(index)) for index in refused],
            delivered_of=frozenset(
                names[i] for i, fate in self._fates.items() if fate is DELIVERED
            ),
            settled=Counter(names),
            claim=self._claim,
            held=self._names(held),
        )

    def _taken_for_resent(self) -> int:
        return sum(
            fate is ALREADY_DELIVERED and self.entries[index].told_by is ToldBy.NOTHING
            for index, fate in self._fates.items()
        )

    def _count_streams(self) -> None:
        if self.channel.ledger is None or self._claim is None:
            return
        origins = Counter(
            [
                self.sources[index].origin
                for index in self._recorded
                if self.entries[index].name is not None
            ]
        )
        streams: Counter[tuple[str, str | None]] = Counter()
        for origin, records in origins.items():
            streams[origin.stream, origin.alias] += records
        self.channel.ledger.count(streams)

    def _reject(self, index: int) -> Reject:
        fate, entry = self._fates[index], self.entries[index]
        origin = self.sources[index].origin
        return Reject(origin, entry.raw, fate.code or "unknown", fate.reason, place=index)

    def _stop_if_all_indigestible(self, sent: Sequence[int]) -> None:
        codes = {self._fates[index].code for index in sent}
        if codes in ({"malformed"}, {"too_large"}):
            message = (
                f"CleverTap refused a whole request and then each of its {len(sent)} records alone "
                f"({codes.pop()}); check api_url, max_request_bytes and the rule. None of them is "
                "in the rejects file, and the state does not pass them; `all_rejected: continue` "
                "goes on all the same"
            )
            raise UploadStopped(message)
