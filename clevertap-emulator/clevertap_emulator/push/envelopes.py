"""EventBridge's messages, as its API destinations send them.

Fields [AWS]: `version`, `id`, `detail-type`, `source`, `account`, `time`, `region`, `resources`,
`detail`. An event bus may leave `account` out, and a replay adds two fields.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import to_json
from clevertap_emulator.files.eventbridge import moment
from clevertap_emulator.files.json_lines import members_of
from clevertap_emulator.files.rows import EventFileRow

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import msgspec

    from clevertap_emulator.push.happenings import Happening

CONTENT_TYPE = "application/json; charset=utf-8"
HEADERS = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
}
"""What API destinations add to a request [AWS]."""
WITHOUT_ACCOUNT_ONE_IN, REPLAYED_ONE_IN = 5, 11


class Envelopes:
    """Wraps details.

    Args:
        account_id: The project's.
        seed: Of the ids.
        zone: The project's.
    """

    def __init__(self, account_id: str, seed: int, zone: ZoneInfo) -> None:
        self._source = f"aws.partner/clevertap.com/{account_id}"
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"{self._source}/{seed}")
        self._zone = zone

    def id_of(self, number: int) -> str:
        """Return the id of a message."""
        return str(uuid.uuid5(self._space, str(number)))

    def envelope(self, number: int, happening: Happening, detail: msgspec.Raw) -> bytes:
        """Return a message around a detail, which has the time of the event."""
        account = {} if number % WITHOUT_ACCOUNT_ONE_IN == 0 else {"account": "123456789012"}
        time = f"{moment(happening.ts, self._zone):%Y-%m-%dT%H:%M:%SZ}"
        fields: dict[str, Any] = {
            "version": "0",
            "id": self.id_of(number),
            "detail-type": "event",
            "source": self._source,
            **account,
            "time": time,
            "region": "ap-south-1",
            "resources": [],
            "detail": detail,
        }
        if number % REPLAYED_ONE_IN == 0:
            fields |= {"ingestion-time": time, "replay-name": "again"}
        return to_json(fields)


def event_detail(happening: Happening) -> bytes:
    """Return an event as export files have it."""
    row = EventFileRow(
        happening.name, happening.ts, happening.user, happening.props, happening.session
    )
    return to_json(members_of(row))
