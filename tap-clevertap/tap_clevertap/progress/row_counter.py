"""The SDK's counter of records, with their sum."""

from __future__ import annotations

from singer_sdk import metrics
from typing_extensions import override


class RowCounter(metrics.Counter):
    """Counts the records of a stream; the SDK's own counter forgets them when it logs.

    The main thread counts; any thread may read `total`.
    """

    _logged = 0

    @property
    def total(self) -> int:
        """Records until now."""
        return self._logged + self.value

    @override
    def _pop(self) -> None:
        self._logged += self.value
        super()._pop()
