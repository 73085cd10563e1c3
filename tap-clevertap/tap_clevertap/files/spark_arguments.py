"""The arguments of the functions for Spark, checked before a job begins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tap_clevertap._plugin.shown import shown
from tap_clevertap.config.zones import is_zone, zone_advice
from tap_clevertap.errors import SettingError
from tap_clevertap.files.formats.readers import MODULES
from tap_clevertap.files.store import FileInfo

CHOICES = {"format": ("auto", *MODULES), "bad_rows": ("fail", "skip")}


class Arguments(NamedTuple):
    """The arguments of one call."""

    url: str
    account_id: str
    timezone: str
    format: str
    bad_rows: str
    columns: Mapping[str, str]
    files: Collection[FileInfo] | None


def check_text(name: str, value: object) -> None:
    """Raise a `SettingError` if an argument is not a text."""
    if not isinstance(value, str):
        message = f"{name}: it is {shown(type(value).__name__)}; give text"
        raise SettingError(message)


def check_arguments(given: Arguments) -> None:
    """Raise a `SettingError` if an argument is wrong; time zone and files are checked apart."""
    for name in ("url", "account_id", "timezone"):
        check_text(name, getattr(given, name))
    columns: object = given.columns
    pairs = columns.items() if isinstance(columns, Mapping) else [(columns,)]
    if not all(isinstance(each, str) for pair in pairs for each in pair):
        message = "columns: it does not map names to names; give an object of texts"
        raise SettingError(message)
    files: object = () if given.files is None else given.files
    if not (isinstance(files, Collection) and all(isinstance(each, FileInfo) for each in files)):
        message = "files: it is no list of what `list_files` returns; give some of these"
        raise SettingError(message)
    for name, choices in CHOICES.items():
        value = getattr(given, name)
        if value not in choices:
            message = f"{name}: {shown(value)} is not one of {', '.join(choices)}; choose one"
            raise SettingError(message)
    if not given.account_id:
        message = "account_id: it is empty; give that of the project, as keys are made of it"
        raise SettingError(message)


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone, or raise a `SettingError`."""
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if is_zone(name):
            return ZoneInfo(name)
    advice = zone_advice(name) or "write it as in Asia/Kolkata"
    message = f"timezone: {shown(name)} is not an IANA name; {advice}"
    raise SettingError(message)
