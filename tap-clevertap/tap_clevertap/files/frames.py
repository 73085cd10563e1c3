"""What a worker process sends to the tap: frames of a kind, a number and some bytes."""

from __future__ import annotations

import pickle
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.errors import CleverTapError, SettingError
from tap_clevertap.files.ends import FileEnd
from tap_clevertap.files.errors import StoreError
from tap_clevertap.records.lines import Lines

if TYPE_CHECKING:
    from tap_clevertap.files.reading import Part

_header = Struct("!cIQ")
HEADER_BYTES = _header.size
LINES, END, GROUP_END, ERROR = b"L", b"E", b"G", b"X"
ERRORS = {each.__name__: each for each in (CleverTapError, SettingError, StoreError)}
"""Those that end a run, by their names; any other is one of the first."""


class Frame(NamedTuple):
    """Lines, the end of a file or of a group, or an error."""

    kind: bytes
    records: int = 0
    """Of lines."""
    content: bytes = b""

    @classmethod
    def of(cls, part: Part) -> Frame:
        """Return the frame of a part of a file."""
        if isinstance(part, FileEnd):
            return cls(END, 0, pickle.dumps(part))
        return cls(LINES, part.records, part.content)

    @classmethod
    def of_error(cls, error: CleverTapError) -> Frame:
        """Return the frame of an error that ends the run."""
        return cls(ERROR, 0, pickle.dumps((type(error).__name__, error.message)))

    def encoded(self) -> bytes:
        """Return the bytes of a frame."""
        return _header.pack(self.kind, self.records, len(self.content)) + self.content

    def part(self) -> Part:
        """Return the part of a file, or raise the error."""
        if self.kind == LINES:
            return Lines(self.content, self.records)
        found: Any = pickle.loads(self.content)  # noqa: S301 - of our own process
        if isinstance(found, FileEnd):
            return found
        name, message = found
        raise ERRORS.get(name, CleverTapError)(message)


def read_header(header: bytes | bytearray) -> tuple[bytes, int, int]:
    """Return kind, records and the number of bytes that follow."""
    kind, records, length = _header.unpack(header)
    return kind, records, length
