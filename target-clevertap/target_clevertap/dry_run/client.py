"""The clients of dry runs: one sends nothing, the other sends what CleverTap only checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap.api.client import Client
from target_clevertap.api.responses import Answered

if TYPE_CHECKING:
    from target_clevertap._http.connections import Prepared
    from target_clevertap.api.responses import Outcome


class LocalClient(Client):
    """Sends nothing; every request counts as a success."""

    @override
    def upload(self, prepared: Prepared) -> Outcome:
        return Answered({"status": "success"})


class VendorClient(Client):
    """Sends uploads that CleverTap checks and does not store [D:upload-events-api]."""

    upload_path = "/1/upload?dryRun=1"
