"""The unpacked bytes of a file."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from io import BufferedReader, RawIOBase
from shutil import copyfileobj
from typing import TYPE_CHECKING, BinaryIO, cast

from typing_extensions import override

from tap_clevertap.files.errors import StoreError, UnreadFileError

if TYPE_CHECKING:
    from typing_extensions import Buffer

BYTES_AT_A_TIME = 1 << 20
CUT = "is cut: its gzip data ends early; export it again, or copy it again"


class _Whole(RawIOBase):
    """Fills each buffer to its end, so that `BufferedReader.peek` shows as much as it can."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        filled = 0
        while filled < len(view):
            some = self._read(view[filled:])
            if not some:
                break
            filled += some
        return filled

    def _read(self, view: memoryview) -> int:
        some = self._file.read(len(view))
        view[: len(some)] = some
        return len(some)


class _Gunzipped(_Whole):
    """Unpacks gzip of any number of members; says what is wrong with it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(_gzip_file(file))
        self._faults: tuple[type[Exception], ...] = (
            *(gzip.BadGzipFile, zlib.error),
            *_isal_errors(),
        )

    @override
    def _read(self, view: memoryview) -> int:
        try:
            return super()._read(view)
        except EOFError:
            raise UnreadFileError(CUT) from None
        except self._faults as fault:
            message = f"is corrupt: its gzip data cannot be unpacked ({fault}); copy it again"
            raise UnreadFileError(message) from None


def _gzip_file(file: BinaryIO) -> BinaryIO:
    try:
        from isal import igzip  # noqa: PLC0415 - an extra
    except ImportError:
        return cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb"))
    return cast("BinaryIO", igzip.IGzipFile(fileobj=file, mode="rb"))


def _isal_errors() -> tuple[type[Exception], ...]:
    try:
        from isal import isal_zlib  # noqa: PLC0415 - an extra
    except ImportError:
        return ()
    return (cast("type[Exception]", isal_zlib.error),)


def buffered(file: BinaryIO) -> BufferedReader:
    """Return a file with a beginning to peek at."""
    return BufferedReader(_Whole(file), BYTES_AT_A_TIME)


def gunzipped(file: BinaryIO) -> BufferedReader:
    """Return the unpacked bytes of a file packed by gzip.

    Reads raise `UnreadFileError` where the file is cut or corrupt, or if other bytes than zeros
    follow its end.
    """
    return BufferedReader(_Gunzipped(file), BYTES_AT_A_TIME)


def spooled(content: BinaryIO) -> BufferedReader:
    """Return the same bytes in a file that can seek, which nobody else sees and no end leaves.

    Raises:
        StoreError: If there is no place for it.
        UnreadFileError: If the content cannot be read to its end.
    """
    file = None
    try:
        file = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - who reads the content closes it
        copyfileobj(content, file, BYTES_AT_A_TIME)
        file.seek(0)
    except BaseException as failure:
        if file is not None:
            file.close()
        if not isinstance(failure, OSError):
            raise
        folder = tempfile.tempdir or "the folder for temporary files"
        message = (
            f"{folder}: a Parquet file cannot be unpacked there "
            f"({failure.strerror or type(failure).__name__}); free some space, or set TMPDIR to "
            "another folder"
        )
        raise StoreError(message) from None
    return cast("BufferedReader", file)
