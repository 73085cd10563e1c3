"""Which record of a request an item of its response is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IDENTIFYING = ("type", "identity", "objectId", "FBID", "GPID", "evtName", "ts")
"""Fields that a response echoes of a refused record, and that tell it from others."""


class SentRecords:
    """The records of a request, decoded when an echo has to be compared."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self._payloads = payloads
        self._records: dict[int, dict[str, Any]] = {}

    def place(self, number: int | None, echo: Any, taken: Mapping[int, object]) -> int | None:  # noqa: ANN401 - whatever the answer holds
        """Return the place an item is about, or None where it is not certain.

        Args:
            number: That the item names, from 1.
            echo: The record that the item repeats; it has to confirm the number.
            taken: Places that earlier items are about.
        """
        index = None if number is None else number - 1
        is_open = index is not None and 0 <= index < len(self._payloads) and index not in taken
        if not isinstance(echo, dict) or not any(key in echo for key in IDENTIFYING):
            return index if is_open else None
        if is_open and index is not None and self._agrees(index, echo):
            return index
        return self._only_place(echo, taken)

    def _only_place(self, echo: dict[str, Any], taken: Mapping[int, object]) -> int | None:
        found = [
            index
            for index in range(len(self._payloads))
            if index not in taken and self._agrees(index, echo)
        ]
        if len(found) > 1:
            found = [index for index in found if self._same_data(index, echo)]
        return found[0] if len(found) == 1 else None

    def _agrees(self, index: int, echo: dict[str, Any]) -> bool:
        record = self._record(index)
        return all(
            str(echo[key]) == str(record[key]) if key in record else key == "ts"
            for key in IDENTIFYING
            if key in echo
        )

    def _same_data(self, index: int, echo: dict[str, Any]) -> bool:
        record = self._record(index)
        return all(echo.get(key) == record.get(key) for key in ("evtData", "profileData"))

    def _record(self, index: int) -> dict[str, Any]:
        if index not in self._records:
            self._records[index] = msgspec.json.decode(self._payloads[index])
        return self._records[index]
