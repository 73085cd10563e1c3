"""The files of a run: what it writes must not replace or change what it reads."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tap_clevertap._plugin.result_file import owner_of
from tap_clevertap._plugin.shown import shown
from tap_clevertap.config.schema import DEFAULTS
from tap_clevertap.output.writable import fault_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OF_SETTINGS = ("events_file", "known_users_file")
"""Settings whose files a run reads."""
BAD_ROWS = "bad_rows_path"
INBOX = "inbox_path"
SKIPPING = ("bad_rows", "export_files_bad_rows")


def files_read(
    config: Mapping[str, Any], given: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield name and path of each file that a run reads.

    Args:
        config: The settings, not yet checked.
        given: Name and path of each file on the command line.
    """
    yield from given
    for name in OF_SETTINGS:
        if isinstance(path := config.get(name), str) and path:
            yield name, path
    if isinstance(path := config.get(INBOX) or DEFAULTS[INBOX], str):
        yield INBOX, path


def files_kept(
    config: Mapping[str, Any], given: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield name and path of each file or folder that a receipt must not replace.

    Args:
        config: The settings, not yet checked.
        given: Name and path of each file on the command line.
    """
    yield from files_read(config, given)
    if isinstance(path := config.get(BAD_ROWS) or DEFAULTS[BAD_ROWS], str):
        yield BAD_ROWS, path
    with suppress(AttributeError, KeyError, TypeError, ValueError):  # a wrong batch_config
        root = urlsplit(config["batch_config"]["storage"]["root"])
        if root.scheme in {"", "file"}:
            yield "batch_config", unquote(root.path)


def fault_of_bad_rows(config: Mapping[str, Any], given: Iterable[tuple[str, str]]) -> str:
    """Return why bad rows cannot or must not be written to their file, or empty text."""
    path = config.get(BAD_ROWS) or DEFAULTS[BAD_ROWS]
    is_written = "skip" in {config.get(name) for name in SKIPPING}
    if not is_written or not isinstance(path, str):
        return ""
    if owner := owner_of(path, files_read(config, given)):
        return f"{BAD_ROWS}: {shown(path)} is the file of {owner}; set another path"
    fault = fault_of_file(path)
    return fault and f"{BAD_ROWS}: {shown(path)} cannot be written ({fault}); set another path"
