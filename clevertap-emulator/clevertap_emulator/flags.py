"""Flags of the command line: one for each setting, and settings from what was given."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo

import click

from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

Made = TypeVar("Made")
HELP = {
    "account_id": "Account ID that is accepted.",
    "passcode": "Passcode that is accepted.",
    "timezone": "Time zone of the project, an IANA name.",
    "seed": "Seed of the generated data.",
    "days": "Days of history, today included.",
    "today": "Last day of the history, YYYY-MM-DD; its clock starts at noon.  [default: today]",
    "users": "Generated users.",
    "events_per_day": "Generated events of an ordinary day, all names together.",
    "empty_events": "Extra event names that have no events: Never Happened 1, 2 and so on.",
    "installs": "One App Installed of each user, spread over the closed days.",
    "extra_events": "Extra event names with a few events a day: Extra Event 1, 2 and so on.",
    "extra_properties": "Typed properties of each of these.",
    "odd_values": "Extra events with unusual names, properties and values.",
    "contract": "How an export ends: its last page has records, or a bare page follows.",
    "preparing": "How many times a new export responds with code 2, a new count with `partial`.",
    "preparing_status": "HTTP status of code 2.",
    "cursor_life": "Seconds that event cursors live.",
    "cursor_idle": "Seconds that event cursors live without use.",
    "profile_cursor_life": "Seconds that profile cursors live.",
    "hollow_pages": "Halved and empty pages in the middle of exports.",
    "unknown_credentials": "Response to unknown credentials: 401, or no data and no error.",
    "wrong_region": "All credentials are unknown, as in another region than the account's.",
    "unknown_event_status": "HTTP status when an event name is unknown, or a query not understood.",
    "latency_ms": "Milliseconds added to each API response.",
    "cached_megabytes": "Encoded pages kept in memory, to be sent again without encoding them.",
    "reads_in_flight": "Reads in flight before 429.",
    "uploads_in_flight": "Uploads in flight before 429.",
    "calls_in_flight": "Deletions, subscriptions and disassociations in flight before 429.",
    "uploads_per_second": "Uploads a second before 429, also in one burst; 0: any number.",
    "count_uploads": "Uploads are only counted, not checked and not stored.",
    "max_records": "Records in an upload.",
    "max_deletes": "Users in one deletion.",
    "max_upload_bytes": "Bytes of an upload.",
    "max_event_properties": "Properties of an event; sources give 100 and 256.",
    "max_value_length": "Characters of a property's value; sources give 512 and 1024.",
    "max_charged_items": "Items of a Charged event; sources give 50 and 256.",
    "max_list_values": "Values of a multi-value property.",
    "nested_objects": "Nested objects in event properties, a CleverTap beta.",
    "property_limits": "Refuse names and profiles beyond limits without a documented code.",
    "counts": "Counts and trends: exact, 0 throughout, refused with 403, or never ready.",
    "trend_zeros": "Trends list days without rows, as 0.",
    "report_day_ms": "Milliseconds of a message report for each of its days.",
    "report_max_days": "Days of a message report before it is refused; 0: any number.",
    "getschema": "Whether getSchema works; off: a 200 without a body.",
    "unexportable": "Name that may not be exported; repeatable, '' for none.",
    "discarded": "Name that is discarded; repeatable, '' for none.",
    "drops": "Folder whose files are imported, as those on CleverTap's SFTP server.",
    "drops_manifest": "How manifests are written; yaml also takes .csv.gz. Sources disagree.",
}
STATUSES = {"preparing_status": ["200", "202"], "unknown_event_status": ["200", "400"]}
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2285, 12, 31)
MOST = {"days": 36_500, "databases": 24}
POSITIVE = frozenset(
    (
        *("days", "users", "max_records", "max_deletes"),
        *("reads_in_flight", "uploads_in_flight", "calls_in_flight"),
        *("runs", "databases", "rows_per_file", "profiles", "connections"),
    )
)


def _zone(_context: click.Context, _flag: click.Parameter, name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        message = f"{shown(name)} is not an IANA time zone; use a name such as Asia/Kolkata"
        raise click.BadParameter(message) from error
    return name


def _day(_context: click.Context, _flag: click.Parameter, day: str | None) -> str | None:
    if day is None:
        return None
    try:
        parsed = date.fromisoformat(day)
    except ValueError as error:
        message = f"{shown(day)} is not a day; use the form 2026-08-31"
        raise click.BadParameter(message) from error
    if not FIRST_DAY <= parsed <= LAST_DAY:
        message = f"{parsed} is out of range; use a day from {FIRST_DAY} to {LAST_DAY}"
        raise click.BadParameter(message)
    return parsed.isoformat()


def _folder(_context: click.Context, _flag: click.Parameter, folder: str | None) -> str | None:
    if folder is not None and not Path(folder).is_dir():
        message = f"{shown(folder)} is not a folder; make it first"
        raise click.BadParameter(message)
    return folder


CHECKS = {"timezone": _zone, "today": _day, "drops": _folder}


def _flag_type(setting: str, default: object) -> click.ParamType[Any]:
    """Return the type of a flag, from its default."""
    if setting in STATUSES:
        return click.Choice(STATUSES[setting])
    if isinstance(default, Enum):
        return click.Choice([choice.value for choice in type(default)])
    if isinstance(default, bool):
        return click.Choice(["on", "off"])
    if isinstance(default, float):
        return click.FloatRange(min=0)
    if isinstance(default, int) and setting != "seed":
        return click.IntRange(int(setting in POSITIVE), MOST.get(setting))
    return click.INT if isinstance(default, int) else click.STRING


def _flag_default(default: object) -> object:
    """Return a default as the command line writes it."""
    if isinstance(default, Enum):
        return default.value
    if isinstance(default, bool):
        return "on" if default else "off"
    return default


def flags_of(kind: type, texts: Mapping[str, str]) -> list[click.Parameter]:
    """Return a flag for each setting of a dataclass that has a help text."""
    known = [each for each in fields(kind) if each.name in texts]
    return [_flag(each.name, each.default, texts[each.name]) for each in known]


def settings_of(kind: type[Made], given: Mapping[str, object]) -> Made:
    """Return settings from the values of their flags; others are left out."""
    converted = {
        each.name: _setting_value(each.default, given[each.name])
        for each in fields(cast("Any", kind))
        if each.name in given
    }
    return kind(**converted)


def _flag(setting: str, default: object, text: str) -> click.Option:
    many = isinstance(default, tuple)
    written = _flag_default(str(default) if setting in STATUSES else default)
    return click.Option(
        ["--" + setting.replace("_", "-"), setting],
        type=_flag_type(setting, default),
        default=written,
        show_default=not many,
        multiple=many,
        callback=CHECKS.get(setting),
        help=text,
    )


def _setting_value(default: object, given: object) -> object:
    """Return a setting's value from its flag's."""
    if isinstance(default, bool):
        return given == "on"
    if isinstance(default, tuple):
        return tuple(name for name in cast("tuple[str, ...]", given) if name)
    if isinstance(default, (Enum, int)):
        return type(default)(cast("Any", given))
    return given
