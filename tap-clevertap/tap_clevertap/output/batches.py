"""Records into files that a target loads by their names, where `batch_config` asks for it."""

from __future__ import annotations

import gzip
import shutil
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from singer_sdk.helpers._batch import BatchConfig, SDKBatchMessage

from tap_clevertap.errors import CleverTapError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from singer_sdk.singerlib import Message
    from typing_extensions import Self

MEMORY_BOUND = 8 * 1024 * 1024
"""Bytes of a file that is being filled, past which it lies on the disk."""
COMPRESSION_LEVEL = 1
"""The files live as long as their load takes."""
ADVICE = (
    'for example {"encoding": {"format": "jsonl", "compression": "gzip"}, '
    '"storage": {"root": "file:///path/of/a/folder"}}'
)


def read_batch_config(settings: Mapping[str, Any]) -> BatchConfig | None:
    """Return how batches are to be written, or None where they are not.

    Raises:
        SettingError: If something is missing, or a format that is not written.
    """
    given = settings.get("batch_config")
    if not given:
        return None
    try:
        config = BatchConfig.from_dict(given)
        encoding = config.encoding
        is_known = encoding.format == "jsonl" and encoding.compression in {None, "gzip", "none"}
        is_right = is_known and config.batch_size > 0 and bool(given["storage"]["root"])
    except (AttributeError, LookupError, TypeError):
        is_right = False
    if not is_right:
        message = f"batch_config: it must ask for JSON lines, with gzip or none; {ADVICE}"
        raise SettingError(message)
    return config


class _File:
    """The records of a stream that are not named yet, packed as they come."""

    def __init__(self, content: IO[bytes], packing: IO[bytes] | gzip.GzipFile) -> None:
        self.records = 0
        self._content = content
        self._packing = packing

    @classmethod
    def new(cls, *, is_packed: bool) -> Self:
        # Made with mode 0600, and without a name that could be left behind.
        content: Any = SpooledTemporaryFile(max_size=MEMORY_BOUND)  # noqa: SIM115 - closed below
        if not is_packed:
            return cls(content, content)
        return cls(content, gzip.GzipFile("", "wb", COMPRESSION_LEVEL, content))

    def add(self, lines: bytes, records: int) -> None:
        self._packing.write(lines)
        self.records += records

    def copy_to(self, file: IO[bytes]) -> None:
        with self._content:
            if self._packing is not self._content:
                self._packing.close()
            self._content.seek(0)
            shutil.copyfileobj(self._content, file)


class Batches:
    """Collects records, and writes a file and its BATCH message when it is full."""

    def __init__(
        self, config: BatchConfig, tap_name: str, write_message: Callable[[Message], None]
    ) -> None:
        self._config = config
        self._tap_name = tap_name
        self._write_message = write_message
        self._open: dict[str, _File] = {}
        self.batch_size = config.batch_size
        self.has_failed = False
        """Whether records are lost to this run, so that no state may follow."""

    def add(self, stream: str, lines: bytes, records: int) -> None:
        """Take records, as lines.

        Raises:
            CleverTapError: If a file cannot be written.
        """
        file = self._open.get(stream)
        if file is not None and file.records + records > self.batch_size:
            self._finish(stream)
            file = None
        with self._failing():
            if file is None:
                is_packed = self._config.encoding.compression == "gzip"
                file = self._open[stream] = _File.new(is_packed=is_packed)
            file.add(lines, records)

    def finish(self) -> None:
        """Write what was taken: a state may follow then.

        Raises:
            CleverTapError: If a file cannot be written.
        """
        for stream in list(self._open):
            self._finish(stream)

    def _finish(self, stream: str) -> None:
        encoding, storage = self._config.encoding, self._config.storage
        suffix = ".json.gz" if encoding.compression == "gzip" else ".json"
        name = f"{storage.prefix or ''}{self._tap_name}--{stream}-{uuid4()}{suffix}"
        with self._failing():
            with storage.open(name, "wb") as file:
                self._open.pop(stream).copy_to(file)
            url = storage.get_url(name)
        self._write_message(SDKBatchMessage(stream=stream, encoding=encoding, manifest=[url]))

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ImportError, ValueError) as failure:
            self.has_failed = True
            # The failure's own text may hold the address, and so a password.
            reason = getattr(failure, "strerror", None) or type(failure).__name__
            kind = urlsplit(self._config.storage.root).scheme or "file"
            message = (
                f"batch_config.storage: no file can be written there ({kind}: {reason}); "
                "free space, or set another root"
            )
            raise CleverTapError(message) from None
