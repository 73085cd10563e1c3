"""What a dry run uses where records would go into files: it keeps none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.dry_run.verdicts import code_of
from target_clevertap.import_files.cells import RowMaker
from target_clevertap.import_files.planning import rows_in_file
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import known_number
from target_clevertap.records.own_codes import BY_CODE
from target_clevertap.records.record_status import DELIVERED, RecordStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.config.import_files import FileSettings
    from target_clevertap.records.entries import Entry

_decode = msgspec.json.Decoder(dict[str, Any], float_hook=known_number).decode


class CheckedForFiles:
    """Tells of each record whether a file can have it, and whether CleverTap would take it."""

    def __init__(self, settings: FileSettings) -> None:
        """Check by the settings of files."""
        self._maker = RowMaker(settings.files_for)
        self._most_bytes = settings.most_bytes

    def take(self, entries: Sequence[Entry]) -> list[RecordStatus]:
        """Return what would become of each record."""
        return [self._status(entry.payload) for entry in entries]

    def _status(self, payload: bytes) -> RecordStatus:
        try:
            rows_in_file(self._maker, payload, self._most_bytes)
        except RecordRefusedError as refusal:
            return refusal.status
        code = code_of(_decode(payload))
        if code is None:
            return DELIVERED
        return RecordStatus.refused(code, BY_CODE[str(code)].meaning)
