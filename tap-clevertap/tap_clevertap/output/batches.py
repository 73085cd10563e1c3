"""Batch files: records in files that a target loads by name, with the setting `batch_config`."""

from __future__ import annotations

import gzip
import shutil
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from singer_sdk.helpers._batch import BatchConfig, SDKBatchMessage

from tap_clevertap._plugin.setting_faults import is_blank
from tap_clevertap._plugin.shown import visible
from tap_clevertap.errors import CleverTapError, SettingError
from tap_clevertap.output.writable import fault_of_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from singer_sdk.singerlib import Message
    from typing_extensions import Self

MEMORY_BOUND = 8 * 1024 * 1024
"""Bytes of an unfinished file that are kept in memory; beyond that it is on disk."""
MOST_OPEN = 16
"""Unfinished files, with hundreds of typed streams; the oldest is then finished early."""
COMPRESSION_LEVEL = 1
"""Fast rather than small: the target loads the files soon."""
ADVICE = (
    'for example {"encoding": {"format": "jsonl", "compression": "gzip"}, '
    '"storage": {"root": "file:///path/of/a/folder"}}'
)
REMOTE_ADVICE = "check the credentials in the tap's environment, and the package that writes there"


def read_batch_config(settings: Mapping[str, Any]) -> BatchConfig | None:
    """Return the setting, or None if it is not set.

    Raises:
        SettingError: If a part is missing, or the format is not supported.
    """
    given = settings.get("batch_config")
    if not given:
        return None
    try:
        config = BatchConfig.from_dict(given)
        encoding = config.encoding
        is_known = encoding.format == "jsonl" and encoding.compression in {None, "gzip", "none"}
        is_right = is_known and config.batch_size > 0 and not is_blank(given["storage"]["root"])
    except (AttributeError, LookupError, TypeError):
        is_right = False
    if not is_right:
        message = f"batch_config: it must ask for JSON lines, with gzip or none; {ADVICE}"
        raise SettingError(message)
    return config


def fault_of_batches(settings: Mapping[str, Any]) -> str:
    """Return why batch files cannot be written, or empty text; raise as `read_batch_config`."""
    config = read_batch_config(settings)
    fault = config and fault_of_storage(config.storage)
    return _storage_fault(config, fault) if config and fault else ""


def _storage_fault(config: BatchConfig, reason: str) -> str:
    scheme, is_url, _ = config.storage.root.partition("://")
    kind = visible(scheme) if is_url else "file"
    advice = "free space" if kind == "file" else REMOTE_ADVICE
    return (
        f"batch_config.storage: no file can be written there ({kind}: {reason}); "
        f"{advice}, or set another root"
    )


class _BatchFile:
    """The unfinished file of a stream, compressed as it grows."""

    def __init__(self, content: IO[bytes], compressor: IO[bytes] | gzip.GzipFile) -> None:
        self.records = 0
        self._content = content
        self._compressor = compressor

    @classmethod
    def new(cls, *, is_compressed: bool) -> Self:
        # It has mode 0600, and no name that a kill could leave behind.
        content: Any = SpooledTemporaryFile(max_size=MEMORY_BOUND)  # noqa: SIM115 - closed below
        if not is_compressed:
            return cls(content, content)
        return cls(content, gzip.GzipFile("", "wb", COMPRESSION_LEVEL, content))

    def append(self, lines: bytes, records: int) -> None:
        self._compressor.write(lines)
        self.records += records

    def copy_to(self, file: IO[bytes]) -> None:
        with self._content:
            if self._compressor is not self._content:
                self._compressor.close()
            self._content.seek(0)
            shutil.copyfileobj(self._content, file)


class BatchFiles:
    """Collects records, and writes a file and its BATCH message when the file is full.

    - Streams call `write`, and `finish` before each STATE message, in the main thread.
    - Both raise a `CleverTapError` if a file cannot be written.
    - No state may follow any failure: the file may be cut, or without its BATCH message.

    Args:
        config: The setting.
        tap_name: The first part of file names.
        write_message: Writes a BATCH message.
    """

    def __init__(
        self, config: BatchConfig, tap_name: str, write_message: Callable[[Message], None]
    ) -> None:
        self._config = config
        self._tap_name = tap_name
        self._write_message = write_message
        self._open: dict[str, _BatchFile] = {}
        self.batch_size = config.batch_size
        self.has_failed = False
        """Whether records of this run are lost, so that no state may follow."""

    def write(self, stream: str, lines: bytes, records: int) -> None:
        """Add records to the file of a stream.

        Args:
            stream: Its name.
            lines: JSON lines.
            records: The number of lines.

        Raises:
            CleverTapError: If a file cannot be written.
        """
        with self._note_failure():
            file = self._open.get(stream)
            if file is not None and file.records + records > self.batch_size:
                self._finish(stream)
                file = None
            if file is None and len(self._open) >= MOST_OPEN:
                self._finish(next(iter(self._open)))
            with self._translate_errors():
                if file is None:
                    is_compressed = self._config.encoding.compression == "gzip"
                    file = self._open[stream] = _BatchFile.new(is_compressed=is_compressed)
                file.append(lines, records)

    def finish(self) -> None:
        """Write all unfinished files; a state may follow.

        Raises:
            CleverTapError: If a file cannot be written.
        """
        with self._note_failure():
            for stream in list(self._open):
                self._finish(stream)

    def _finish(self, stream: str) -> None:
        encoding, storage = self._config.encoding, self._config.storage
        suffix = ".json.gz" if encoding.compression == "gzip" else ".json"
        name = f"{storage.prefix or ''}{self._tap_name}--{stream}-{uuid4()}{suffix}"
        with self._translate_errors():
            with storage.open(name, "wb") as file:
                self._open.pop(stream).copy_to(file)
            url = storage.get_url(name)
        self._write_message(SDKBatchMessage(stream=stream, encoding=encoding, manifest=[url]))

    @contextmanager
    def _note_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:  # also for want of memory: a state is written after that
            self.has_failed = True
            raise

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except MemoryError:
            raise
        except Exception as failure:  # noqa: BLE001 - each storage has its own; the run ends here
            # Not the failure's text: it may have the URL, and so a password.
            reason = getattr(failure, "strerror", None) or type(failure).__name__
            raise CleverTapError(_storage_fault(self._config, reason)) from None
