"""EventBridge messages as Firehose writes them: of all events in one file, in order of time."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.data.events import to_json
from clevertap_emulator.files.json_lines import ROWS_AT_A_TIME, JsonRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.rows import Users

STREAM = "clevertap-events"
GROUPS = (0, 8, 12, 16, 20, 32)
"""Where the groups of digits of an id begin."""


class Message(NamedTuple):
    """An event of any name."""

    ts: int
    name: str
    position: int
    """Among the events of its name and day."""
    event: StoredEvent


class BridgeEvents:
    """Writes messages.

    Args:
        users: Of the project.
        account_id: The project's.
        zone: The project's.
        is_joined: Whether nothing is between messages, as Firehose does it by default.
    """

    def __init__(self, users: Users, account_id: str, zone: ZoneInfo, *, is_joined: bool) -> None:
        self._rows = JsonRows(users)
        self._source = to_json(f"aws.partner/clevertap.com/{account_id}")
        self._zone = zone
        self._minutes: dict[int, bytes] = {}
        self._end = b"" if is_joined else b"\n"

    def content(self, messages: Sequence[Message]) -> Iterator[bytes]:
        """Yield the bytes of a file, some messages at a time."""
        for start in range(0, len(messages), ROWS_AT_A_TIME):
            some = messages[start : start + ROWS_AT_A_TIME]
            yield b"".join([self._message(message) + self._end for message in some])

    def _message(self, message: Message) -> bytes:
        (row,) = self._rows.rows(message.name, [message.event])
        minute, second = divmod(message.ts, 100)
        time = self._minutes.get(minute) or self._minute(minute)
        marks = f"{message.name}/{message.ts}/{message.position}".encode()
        digits = hashlib.blake2b(marks, digest_size=16).hexdigest().encode()
        unique = b"-".join([digits[at:to] for at, to in pairwise(GROUPS)])
        return (
            b'{"version":"0","id":"%b","detail-type":"event","source":%b,"account":"123456789012",'
            b'"time":"%b%02dZ","region":"ap-south-1","resources":[],"detail":%b}'
        ) % (unique, self._source, time, second, row)

    def _minute(self, minute: int) -> bytes:
        text = moment(minute * 100, self._zone).strftime("%Y-%m-%dT%H:%M:").encode()
        self._minutes[minute] = text
        return text


def firehose_key(messages: Sequence[Message], index: int, zone: ZoneInfo) -> str:
    """Return the key of a file of Firehose: folders of its hour, and a name without a format."""
    written = moment(messages[-1].ts, zone)
    unique = uuid.uuid5(uuid.NAMESPACE_URL, f"{STREAM}/{messages[0].ts}/{index}")
    return f"{written:%Y/%m/%d/%H}/{STREAM}-1-{written:%Y-%m-%d-%H-%M-%S}-{unique}"


def moment(ts: int, zone: ZoneInfo) -> datetime:
    """Return when an event was, in UTC; of an hour that comes twice, the first."""
    local = datetime.strptime(str(ts), "%Y%m%d%H%M%S").replace(tzinfo=zone)
    return local.astimezone(timezone.utc)
