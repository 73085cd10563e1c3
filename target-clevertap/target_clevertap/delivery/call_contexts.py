"""What the calls about users share: one limit in flight, and the file of deletions."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from target_clevertap.api.concurrency import ConcurrencyLimit
from target_clevertap.records.endpoints import CALLS, DELETE_IDENTITIES, DELETE_OBJECT_IDS
from target_clevertap.records.limit_table import DELETES_IN_FLIGHT

if TYPE_CHECKING:
    from target_clevertap.config.settings import RunSettings
    from target_clevertap.deletes.file import DeletesFile
    from target_clevertap.delivery.upload_context import UploadContext
    from target_clevertap.records.endpoints import RecordEndpoint

IN_FLIGHT = DELETES_IN_FLIGHT.most
"""Calls about users in flight at most: what CleverTap allows for all but uploads
[D:api-request-limit]."""

KEYS = {DELETE_IDENTITIES: "identity", DELETE_OBJECT_IDS: "guid"}
"""What CleverTap calls the user keys of deletions."""


def call_contexts(
    uploads: UploadContext, settings: RunSettings, deletes: DeletesFile | None
) -> dict[RecordEndpoint, UploadContext]:
    """Return the context of each kind of call.

    Args:
        uploads: The context of uploads, which has all else that they share.
        settings: Of the run.
        deletes: The file of deletions; None where none are written down.
    """
    limit = ConcurrencyLimit(min(IN_FLIGHT, settings.max_in_flight))

    def context_of(endpoint: RecordEndpoint) -> UploadContext:
        client = uploads.retrier.client.at(endpoint)
        retrier = replace(uploads.retrier, client=client, concurrency=limit)
        key = KEYS.get(endpoint)
        note = None if deletes is None or key is None else partial(deletes.append, key)
        return replace(uploads, retrier=retrier, note=note)

    return {endpoint: context_of(endpoint) for endpoint in CALLS}
