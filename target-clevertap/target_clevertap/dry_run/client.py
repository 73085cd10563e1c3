"""The clients of dry runs: one asks the documented rules, the other lets CleverTap check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from typing_extensions import override

from target_clevertap.api.client import Client
from target_clevertap.api.responses import Answered
from target_clevertap.dry_run.verdicts import code_of
from target_clevertap.records.exact_json import known_number
from target_clevertap.records.own_codes import BY_CODE

if TYPE_CHECKING:
    from target_clevertap._http.connections import Prepared
    from target_clevertap.api.responses import Outcome


class _Upload(msgspec.Struct):
    d: list[dict[str, Any]]


_decode = msgspec.json.Decoder(_Upload, float_hook=known_number).decode


class LocalClient(Client):
    """Sends nothing, and answers as CleverTap's documentation has it."""

    @override
    def upload(self, prepared: Prepared) -> Outcome:
        if self.endpoint.is_call:
            return Answered({"status": "success"})
        records = _decode(prepared.request.body or b"").d
        refused = [
            {
                "code": code,
                "error": f"{BY_CODE[str(code)].meaning}. Skipped record number : {number}",
            }
            for number, record in enumerate(records, 1)
            if (code := code_of(record)) is not None
        ]
        status = "partial" if refused else "success"
        processed = len(records) - len(refused)
        return Answered({"status": status, "processed": processed, "unprocessed": refused})


class VendorClient(Client):
    """Sends uploads that CleverTap checks and does not store [D:upload-events-api].

    It has no such check of calls about users, so these count as a success and are not sent.
    """

    upload_query = "?dryRun=1"

    @override
    def upload(self, prepared: Prepared) -> Outcome:
        if self.endpoint.is_call:
            return Answered({"status": "success"})
        return super().upload(prepared)
