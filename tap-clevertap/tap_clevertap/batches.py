"""Records into files that a target loads by their names, where `batch_config` asks for it."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from singer_sdk.helpers._batch import BatchConfig, SDKBatchMessage

from tap_clevertap.errors import CleverTapError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from singer_sdk.singerlib import Message

LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""Before compression; a file is held in memory until it is full."""
COMPRESSION_LEVEL = 1
"""The files live as long as their load takes."""
ADVICE = (
    'for example {"encoding": {"format": "jsonl", "compression": "gzip"}, '
    '"storage": {"root": "file:///path/of/a/folder"}}'
)


def read_batch_config(settings: Mapping[str, Any]) -> BatchConfig | None:
    """Return how batches are to be written, or None where they are not.

    Raises:
        SettingsError: If something is missing, or a format that is not written.
    """
    given = settings.get("batch_config")
    if not given:
        return None
    try:
        config = BatchConfig.from_dict(given)
        encoding = config.encoding
        is_known = encoding.format == "jsonl" and encoding.compression in {None, "gzip", "none"}
        is_right = is_known and config.batch_size > 0 and bool(config.storage.root)
    except (AttributeError, TypeError):
        is_right = False
    if not is_right:
        message = f"batch_config: files of JSON lines are written, with gzip or none; {ADVICE}."
        raise SettingsError(message)
    return config


@dataclass
class _File:
    """The records of a stream that are not written yet."""

    chunks: list[bytes] = field(default_factory=list)
    records: int = 0
    length: int = 0


class Batches:
    """Collects records, and writes a file and its BATCH message when it is full."""

    def __init__(
        self, config: BatchConfig, tap_name: str, write_message: Callable[[Message], None]
    ) -> None:
        self._config = config
        self._tap_name = tap_name
        self._write_message = write_message
        self._open: dict[str, _File] = {}

    def add(self, stream: str, lines: bytes, records: int) -> None:
        """Take records, as lines.

        Raises:
            CleverTapError: If a full file cannot be written.
        """
        file = self._open.setdefault(stream, _File())
        is_full = file.records + records > self._config.batch_size
        if file.records and (is_full or file.length + len(lines) > LARGEST_FILE_BYTES):
            self._finish(stream)
            file = self._open.setdefault(stream, _File())
        file.chunks.append(lines)
        file.records += records
        file.length += len(lines)

    def finish(self) -> None:
        """Write what was taken: a state may follow then.

        Raises:
            CleverTapError: If a file cannot be written.
        """
        for stream in list(self._open):
            self._finish(stream)

    def _finish(self, stream: str) -> None:
        chunks = self._open.pop(stream).chunks
        encoding, storage = self._config.encoding, self._config.storage
        is_packed = encoding.compression == "gzip"
        suffix = ".json.gz" if is_packed else ".json"
        name = f"{storage.prefix or ''}{self._tap_name}--{stream}-{uuid4()}{suffix}"
        try:
            with storage.open(name, "wb") as file, _packing(file, is_packed=is_packed) as packing:
                packing.writelines(chunks)
            url = storage.get_url(name)
        except (OSError, ImportError, ValueError) as failure:
            message = f"batch_config.storage: {storage.root} cannot be written to ({failure})."
            raise CleverTapError(message) from None
        self._write_message(SDKBatchMessage(stream=stream, encoding=encoding, manifest=[url]))


@contextmanager
def _packing(file: IO[bytes], *, is_packed: bool) -> Iterator[IO[bytes] | gzip.GzipFile]:
    if not is_packed:
        yield file
        return
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=COMPRESSION_LEVEL) as packing:
        yield packing
