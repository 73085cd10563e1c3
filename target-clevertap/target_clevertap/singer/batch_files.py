"""Batch files: opened by the names that taps give them, and read piece by piece.

Files are only read. Like the SDK's own targets, this one deletes none.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import zlib
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, NoReturn
from urllib.parse import unquote

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import InputError
from target_clevertap.singer.whole_lines import CHUNK_BYTES, TOO_LONG, whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL_URL = re.compile(
    r"(?:file|local):(?://(?:localhost)?(?=/|[a-z]:))?(?P<path>[^/].*|/[^/].*|/?)",
    re.IGNORECASE | re.DOTALL,
).fullmatch
ANY_URL = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE).match
"""A scheme of two letters at least: one is a drive."""
SECRETS = re.compile(r"(?<=//)[^/]*@|[?#].*", re.DOTALL).sub
"""User and password, and the query of a signed URL."""
OF_DRIVE = re.compile(r"^/(?=[a-z]:[/\\])", re.IGNORECASE).sub
GZIP_START = b"\x1f\x8b"
AGAIN = "run the tap again, which writes new files"
ONCE = "a tap has to end a file before its BATCH message; run it again, which writes new files"


def lines_of(name: str, stream: str, *, is_gzip: bool) -> Iterator[bytes | None]:
    """Yield the lines of a batch file, many at once, and None while it is fetched and checked.

    A compressed file is read twice: its checksum is at its end, and no damaged row may be sent.

    Args:
        name: Of the file, by its BATCH message: a path or a URL.
        stream: Whose records it has.
        is_gzip: Whether the BATCH message says that it is compressed. A file that is compressed
            without being named so is read as well: the SDK's own writer always compresses
            [singer-sdk 0.54.9, contrib/batch_encoder_jsonl.py].

    Raises:
        InputError: When it cannot be read to its end, or changes meanwhile.
    """
    source = described(name, stream)
    paths = local_paths(name)
    with (
        TemporaryFile() if paths is None else _open_local(paths, source) as file,
        _translate_errors(source),
    ):
        if paths is None:
            yield from _fetch(name, file, source)
        before = _version(file)
        start = file.read(len(GZIP_START))
        is_compressed = start == GZIP_START
        if is_gzip and not is_compressed:
            fault = "it is empty or cut off" if len(start) < len(GZIP_START) else "it is not gzip"
            raise _fault(source, fault)
        if is_compressed:
            for _ in _content(file, is_compressed=True):
                yield None
        lines = _content(file, is_compressed=is_compressed)
        yield from whole_lines(lines, lambda: _refuse_line(source))
        if _version(file) != before:
            raise _fault(source, "it changed while it was read", ONCE)


def described(name: str, stream: str) -> str:
    """Return how messages name a batch file, without credentials that its URL may have."""
    if local_paths(name) is None:
        name = SECRETS("", name)
    return f"batch file {shown(name.rpartition('/')[2])} of stream {shown(stream)}"


def local_paths(name: str) -> list[str] | None:
    """Return the paths that a name may mean; None for a file that is not local.

    The SDK writes a storage root that is a URL as it is, and one that is a path with escapes
    [singer-sdk 0.54.9, helpers/_batch.py]: so `%20` may be a space, or itself.

    Args:
        name: A path or a URL.
    """
    if (url := LOCAL_URL(name)) is not None:
        path = url["path"]
        spelled = (path, unquote(path))
        return [*dict.fromkeys((*spelled, *(OF_DRIVE("", each) for each in spelled)))]
    return None if ANY_URL(name) else [name]


def _open_local(paths: list[str], source: str) -> IO[bytes]:
    path = next(filter(os.path.lexists, paths), paths[0])
    try:
        # a pipe would be waited for
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file has such a name"
        message = (
            f"{source}: it cannot be opened in {shown(os.path.dirname(path))} ({reason}); the "  # noqa: PTH120 - a Path would respell it
            f"target needs the tap's folder as the tap sees it; {AGAIN}"
        )
        raise InputError(message) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        message = f"{source}: it is not a file; {AGAIN}"
        raise InputError(message)
    return file


def _fetch(name: str, file: IO[bytes], source: str) -> Iterator[None]:
    """Copy a file of a storage."""
    kind = shown(name.partition(":")[0])
    try:
        # takes long, and few need it; it has no types
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # noqa: PLC0415

        system, path = url_to_fs(name)
        with system.open(path, "rb") as remote:
            while chunk := remote.read(CHUNK_BYTES):
                file.write(chunk)
                yield
    except ImportError as error:
        message = (
            f"{source}: no package is installed that reads {kind} ({_package(error)}); install it "
            "next to the target, or give the tap's batch_config a folder as its root"
        )
        raise InputError(message) from None
    except Exception as error:  # noqa: BLE001 - each storage has its own; the run ends here
        message = (
            f"{source}: it cannot be read from {kind} ({_reason(error)}); check the credentials "
            f"in the target's environment, or {AGAIN}"
        )
        raise InputError(message) from None
    file.seek(0)


def _package(error: ImportError) -> str:
    return shown(error.name) if error.name else f"{error}".splitlines()[0]


def _content(file: IO[bytes], *, is_compressed: bool) -> Iterator[bytes]:
    file.seek(0)
    content = gzip.GzipFile("", "rb", fileobj=file) if is_compressed else file
    while chunk := content.read(CHUNK_BYTES):
        yield chunk


@contextmanager
def _translate_errors(source: str) -> Iterator[None]:
    try:
        yield
    except EOFError:
        fault = "it is cut off"
    except (gzip.BadGzipFile, zlib.error):
        fault = "it is damaged, by its checksum or structure"
    except OSError as error:
        fault = f"it cannot be read to its end ({_reason(error)})"
    else:
        return
    raise _fault(source, fault)


def _reason(error: Exception) -> str:
    """Return what went wrong, without text that may hold a password of a URL."""
    return getattr(error, "strerror", None) or type(error).__name__


def _refuse_line(source: str) -> NoReturn:
    raise _fault(source, f"it has a line that cannot be read ({TOO_LONG})")


def _fault(source: str, fault: str, advice: str = AGAIN) -> InputError:
    message = f"{source}: {fault}; {advice}"
    return InputError(message)


def _version(file: IO[bytes]) -> tuple[int, int] | None:
    """Return what changes when a file is written; None where its storage does not tell."""
    try:
        found = os.fstat(file.fileno())
    except (AttributeError, OSError):
        return None
    return found.st_size, found.st_mtime_ns
