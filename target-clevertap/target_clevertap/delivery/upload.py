"""Bringing one batch to its end: claimed, sent, sent again, split, each record accounted for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from target_clevertap.api.responses import Answered, RequestRefused, Unknown, read_statuses
from target_clevertap.delivery.batch_claim import BatchClaim
from target_clevertap.delivery.batch_result import BatchResult, result_of
from target_clevertap.delivery.profile_claim import ProfileClaim
from target_clevertap.delivery.repeats import Repeats
from target_clevertap.errors import UploadStopped
from target_clevertap.records.entries import NamedBy
from target_clevertap.records.record_status import (
    ALREADY_DELIVERED,
    DELIVERED,
    HELD_BEFORE,
    RecordStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_clevertap.delivery.lanes import Source
    from target_clevertap.delivery.upload_context import UploadContext
    from target_clevertap.records.entries import Entry

TRIES_AFTER_SERVER_ERROR = 5
KEY = NamedBy.KEY
SERVER_ERROR_CAUSE = "server_error"
UNKNOWN_REASON = "the request's outcome is unknown: CleverTap may have taken this record"


class Upload:
    """One batch on its way.

    - One thread uses it: it calls `run`, writes the result down, and calls `end`.
    - Between `run` and `end` no other lane sends a record whose key alone names it.
    - An error leaves the names that CleverTap may have claimed in the ledger.
    """

    def __init__(
        self, context: UploadContext, entries: Sequence[Entry], sources: Sequence[Source]
    ) -> None:
        """Send nothing yet.

        Args:
            context: What all uploads share.
            entries: Of the batch.
            sources: One for each entry.
        """
        self._context = context
        self._retrier = context.retrier
        self._entries = entries
        self._sources = sources
        self._statuses: dict[int, RecordStatus] = {}
        """By a record's place in the batch."""

        self._repeats = Repeats(entries)
        self._claim = BatchClaim(context.ledger, entries)
        self._profiles = ProfileClaim(context.ledger, entries)
        self._unknown: set[int] = set()
        """Records that CleverTap may have taken in a request of unknown outcome."""

        self._unknown_attempts: Counter[int] = Counter()
        """In how many such requests each record was."""

        self._was_split = False
        keys = [entry.name for entry in entries if entry.named_by is KEY]
        self._keys = frozenset([name for name in keys if name is not None])
        """Names that records of other users may have too."""

    def run(self) -> BatchResult:
        """Bring every record to its end.

        Raises:
            StoppedError: When the run ended before that.
            UploadStopped: When the run cannot go on.
        """
        self._context.names_in_flight.reserve(self._keys, self._retrier.stopping)
        sent = self._begin()
        self._profiles.begin()
        try:
            if sent:
                self._send(sent)
                self._send_substitutes(sent)
        finally:
            self._claim.settle(self._statuses, self._maybe_taken())
            if self._unknown_attempts:
                self._context.summary.count_uncertain(self._streams_of(self._unknown_attempts))
        for repeat, first in self._repeats:
            status = self._statuses[first]
            self._statuses[repeat] = ALREADY_DELIVERED if status is DELIVERED else status
        if self._was_split and self._context.stops_when_all_rejected:
            self._stop_if_all_unreadable(sent)
        self._profiles.settle(self._statuses)
        self._count()
        return result_of(self._entries, self._sources, self._statuses, self._claim.claim)

    def end(self) -> None:
        """Let other lanes send records of these names, once the result is written down.

        A run that stops does not get there, so no lane sends again what was on its way.
        """
        self._context.names_in_flight.release(self._keys)

    def _begin(self) -> list[int]:
        """Claim the records, and return which are to be sent."""
        firsts, resend = self._repeats.firsts, self._retrier.resend
        self._statuses = self._claim.begin(firsts, self._sources, resend=resend)
        sent = [*range(len(self._entries))]
        if self._repeats or self._statuses:
            sent = [
                place
                for place in sent
                if place not in self._repeats and place not in self._statuses
            ]
        self._claim.add(sent)
        return sent

    def _send_substitutes(self, sent: list[int]) -> None:
        """Send records of a refused one's name with other content."""
        while substitutes := self._repeats.replace(self._is_refused):
            sent += substitutes
            self._claim.add(substitutes)
            self._send(substitutes)

    def _is_refused(self, place: int) -> bool:
        status = self._statuses.get(place)
        return status is not None and status.is_refused

    def _send(self, sent: Sequence[int]) -> None:
        """Send records until each has a status, those with CleverTap's own error again."""
        if self._context.take is not None:
            statuses = self._context.take([self._entries[place] for place in sent])
            self._statuses.update(zip(sent, statuses, strict=True))
            return
        left = self._send_once(sent)
        pauses = self._retrier.pauses()
        for _, pause in zip(range(TRIES_AFTER_SERVER_ERROR), pauses, strict=False):
            if not left:
                return
            self._retrier.pause(pause, SERVER_ERROR_CAUSE)
            left = self._send_once(self._to_resend(left, sent))
        self._statuses.update(left)

    def _to_resend(self, left: Mapping[int, RecordStatus], sent: Sequence[int]) -> list[int]:
        """Return the records to send again: those left, and what they would else override.

        A profile that CleverTap takes only now would win over its user's later ones, which it
        took before. So would the status of an address.
        """
        firsts: dict[str, int] = {}
        for place in sorted(left):
            firsts.setdefault(self._entries[place].user, place)
        return [place for place in sent if place in left or self._is_overridden(firsts, place)]

    def _is_overridden(self, firsts: Mapping[str, int], place: int) -> bool:
        entry = self._entries[place]
        first = firsts.get(entry.user, place)
        may_be_again = not entry.counts_again or self._sources[place].endpoint.is_call
        return first < place and may_be_again and self._statuses.get(place) is DELIVERED

    def _send_once(self, sent: Sequence[int]) -> dict[int, RecordStatus]:
        """Send records in one request, or in more where CleverTap refuses them in one.

        Returns:
            Those that met an error of CleverTap's own, which may be sent again.
        """
        outcome = self._outcome(sent)
        if isinstance(outcome, Answered):
            return self._read(sent, outcome)
        if isinstance(outcome, Unknown):
            status = RecordStatus.held("uncertain", f"{UNKNOWN_REASON} ({outcome.reason})")
            self._statuses.update(dict.fromkeys(sent, status))
        elif len(sent) == 1:
            self._statuses[sent[0]] = RecordStatus.refused(outcome.code, outcome.reason)
        else:
            self._was_split = True
            middle = len(sent) // 2
            self._send(sent[:middle])
            self._send(sent[middle:])
        return {}

    def _read(self, sent: Sequence[int], outcome: Answered) -> dict[int, RecordStatus]:
        payloads = [self._entries[place].payload for place in sent]
        ended = read_statuses(outcome.body, payloads)
        statuses = dict(zip(sent, ended, strict=True))
        if self._context.note is not None:
            self._context.note(
                [each for each, end in zip(payloads, ended, strict=True) if end is DELIVERED]
            )
        left = {}
        if ended.count(DELIVERED) < len(ended):
            left = {place: status for place, status in statuses.items() if status.is_retryable}
        for place in left:
            del statuses[place]
        self._statuses.update(statuses)
        self._claim.settle(self._statuses, self._maybe_taken() | self._to_be_sent())
        return left

    def _outcome(self, sent: Sequence[int]) -> Answered | RequestRefused | Unknown:
        def count_unknown() -> int:
            self._unknown.update(sent)
            self._unknown_attempts.update(sent)
            return max(self._unknown_attempts[place] for place in sent)

        payloads = [self._entries[place].payload for place in sent]
        outcome = self._retrier.send(payloads, count_unknown)
        if not isinstance(outcome, Unknown):
            self._unknown.difference_update(sent)
        return outcome

    def _maybe_taken(self) -> set[int]:
        """Return the records that CleverTap may have without having said so."""
        if self._all_delivered():
            return set()
        without_status = {place for place in self._unknown if place not in self._statuses}
        held = {
            place for place, status in self._statuses.items() if status.is_reject and status.is_held
        }
        return without_status | held

    def _all_delivered(self) -> bool:
        delivered = [*self._statuses.values()].count(DELIVERED)
        return delivered == len(self._entries)

    def _to_be_sent(self) -> set[int]:
        """Return the records that this upload may still send, or send a substitute of."""
        if self._all_delivered():
            return set()
        return {
            place
            for place in range(len(self._entries))
            if place not in self._statuses
            or (self._repeats.has_substitute(place) and self._is_refused(place))
        }

    def _count(self) -> None:
        counts, summary = Counter(self._statuses.values()), self._context.summary
        if counts[ALREADY_DELIVERED]:
            summary.count_taken_for_resent(self._streams_of(self._taken_for_resent()))
        if counts[HELD_BEFORE]:
            held = [place for place, status in self._statuses.items() if status is HELD_BEFORE]
            summary.count_uncertain(self._streams_of(held))
        self._claim.count_streams(self._sources)

    def _taken_for_resent(self) -> list[int]:
        return [
            place
            for place, status in self._statuses.items()
            if status is ALREADY_DELIVERED and self._entries[place].named_by is NamedBy.NOTHING
        ]

    def _streams_of(self, places: Iterable[int]) -> Counter[str]:
        return Counter([self._sources[place].origin.name for place in places])

    def _stop_if_all_unreadable(self, sent: Sequence[int]) -> None:
        """Stop where each record alone fails as the whole request did: the set-up is wrong."""
        codes = {self._statuses[place].code for place in sent}
        if codes in ({"malformed"}, {"too_large"}):
            message = (
                f"CleverTap refused a whole request and then each of its {len(sent)} records alone "
                f"({codes.pop()}), so none is in the rejects file, and no state passes them; check "
                "api_url, max_request_bytes and the rule, or set `all_rejected: continue`"
            )
            raise UploadStopped(message)
