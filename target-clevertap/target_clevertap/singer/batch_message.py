"""BATCH messages: which files hold a stream's records, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import InputError
from target_clevertap.records.exact_json import UNREADABLE

if TYPE_CHECKING:
    from target_clevertap.singer.place import InputPlace

FORMAT = "jsonl"
COMPRESSIONS = (None, "none", "gzip")
ADVICE = (
    "set `batch_config.encoding` of the tap to format `jsonl` and compression `gzip` or none, or "
    "remove its batch_config"
)


class BatchMessage(msgspec.Struct):
    """A BATCH message, as the Singer SDK's taps write it."""

    stream: str
    encoding: dict[str, Any]
    manifest: list[str]
    """The files, by URL or path."""

    @property
    def is_gzip(self) -> bool:
        """Whether the files are said to be compressed."""
        return self.encoding.get("compression") == "gzip"


def read_batch(line: bytes, place: InputPlace) -> BatchMessage:
    """Return a BATCH message whose files can be read.

    Args:
        line: The message.
        place: Where it is.

    Raises:
        InputError: When a part is missing, or the files have another format.
    """
    try:
        message = msgspec.json.decode(line, type=BatchMessage)
    except UNREADABLE:
        message = None
    if message is None or not all(map(str.strip, message.manifest)):
        fault = (
            f"{place}: the BATCH lacks a `stream`, an `encoding` object or a `manifest` with the "
            "names of files; fix the tap that wrote it"
        )
        raise InputError(fault)
    given = message.encoding.get("format"), message.encoding.get("compression")
    if given[0] != FORMAT or given[1] not in COMPRESSIONS:
        named = [shown(each) for each in given if each is not None]
        fault = (
            f"stream {shown(message.stream)}: its batch files are written as "
            f"{' with '.join(named) or 'nothing that has a name'}, which is not read; {ADVICE}"
        )
        raise InputError(fault)
    return message
