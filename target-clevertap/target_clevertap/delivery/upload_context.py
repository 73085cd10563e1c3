"""What all uploads of a run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_clevertap.delivery.in_flight import NamesInFlight

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_clevertap.api.retries import Retrier
    from target_clevertap.delivery.summary import Summary
    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.records.endpoints import RecordEndpoint
    from target_clevertap.records.entries import Entry
    from target_clevertap.records.record_status import RecordStatus


@dataclass(frozen=True, slots=True)
class UploadContext:
    """What all uploads of a run share; may be used from any thread."""

    retrier: Retrier
    ledger: Ledger | None
    summary: Summary
    stops_when_all_rejected: bool = True
    names_in_flight: NamesInFlight = field(default_factory=NamesInFlight)
    calls: Mapping[RecordEndpoint, UploadContext] = field(default_factory=dict)
    """For calls about users: the same, but for their retrier."""

    note: Callable[[Sequence[bytes]], None] | None = None
    """Notes the payloads that were taken, before anything says that they were."""

    take: Callable[[Sequence[Entry]], list[RecordStatus]] | None = None
    """Takes records in place of requests, and tells what became of each; None for requests."""

    def at(self, endpoint: RecordEndpoint) -> UploadContext:
        """Return what the requests to an endpoint share."""
        return self.calls[endpoint] if endpoint.is_call else self

    def stop(self) -> None:
        """End all waiting, and send nothing more."""
        for context in (self, *self.calls.values()):
            context.retrier.stop()
