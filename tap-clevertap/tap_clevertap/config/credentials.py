"""Which credentials a run can do without: what it reads from files alone needs none of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clevertap._http.settings import CREDENTIALS
from tap_clevertap.streams.meltano_selection import VARIABLE, is_selected_by_name
from tap_clevertap.streams.stream_names import PUSHED_STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping


def dispensable_credentials(
    config: Mapping[str, Any], selected: frozenset[str], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the credentials that may be missing; a stream that needs one says so itself.

    Args:
        config: The settings, not yet checked.
        selected: The streams that a given catalog selects.
        environment: Of the process.
    """
    if uses_inbox(config, selected, environment):
        return CREDENTIALS
    return ("passcode",) if config.get("export_files_url") else ()


def uses_inbox(
    config: Mapping[str, Any], selected: frozenset[str], environment: Mapping[str, str]
) -> bool:
    """Return whether pushed messages may be read: something names their stream or their file.

    Meltano's definition of the tap has a path of the file, so there the path says nothing.

    Args are those of `dispensable_credentials`.
    """
    if names_inbox(config, environment):
        return True
    if VARIABLE in environment:
        return False
    return bool(config.get("inbox_path")) or not selected.isdisjoint(PUSHED_STREAMS)


def names_inbox(config: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """Return whether `select` names the stream of pushed messages: the setting, or Meltano's.

    Args are those of `dispensable_credentials`.
    """
    if not set(PUSHED_STREAMS).isdisjoint(config.get("select") or ()):
        return True
    is_known = VARIABLE in environment
    return is_known and any(is_selected_by_name(each, environment) for each in PUSHED_STREAMS)
