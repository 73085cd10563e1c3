"""The delivery of a dry run: what comes to it is noted before it takes its usual way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from target_clevertap.delivery.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.delivery.checkpoints import Segment
    from target_clevertap.delivery.lanes import Source
    from target_clevertap.dry_run.preview import Preview
    from target_clevertap.dry_run.refusals import CountedRefusals
    from target_clevertap.records.entries import Entry
    from target_clevertap.rejects.reject import Reject


class PreviewedDelivery(Delivery):
    """Notes what is to be sent, and what our own checks refuse."""

    def __init__(
        self,
        preview: Preview,
        refusals: CountedRefusals,
        *parts: Any,  # noqa: ANN401 - of a Delivery
        **more: Any,  # noqa: ANN401 - likewise
    ) -> None:
        """Note nothing yet.

        Args:
            preview: Gets what is to be sent.
            refusals: Is told of the reasons of our own checks.
            parts: Of a delivery.
            more: Likewise.
        """
        super().__init__(*parts, **more)
        self._preview = preview
        self._refusals = refusals

    @override
    def add_all(self, entries: Sequence[Entry], source: Source) -> None:
        self._preview.add(source.origin.name, entries, source.endpoint)
        super().add_all(entries, source)

    @override
    def refuse(self, segment: Segment, reject: Reject) -> None:
        self._refusals.expect(reject.status.reason)
        super().refuse(segment, reject)
