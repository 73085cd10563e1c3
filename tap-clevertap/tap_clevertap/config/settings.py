"""The settings of a run, checked and with their types."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tap_clevertap._http.headers import check_credential
from tap_clevertap._http.hosts import base_url
from tap_clevertap._http.proxies import check_proxy
from tap_clevertap._http.settings import CREDENTIALS
from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.suggestions import folded, nearest
from tap_clevertap.config.schema import DEFAULTS
from tap_clevertap.config.zones import is_zone, zone_advice
from tap_clevertap.errors import SettingError
from tap_clevertap.exports.windows import ONE_DAY, today_in
from tap_clevertap.query.faults import QueryError
from tap_clevertap.query.fragment import read_query
from tap_clevertap.records.written_values import read_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_clevertap.query.fragment import Query

DEFAULT_HISTORY_DAYS = 30
EXAMPLE_ZONE = "write it like `Asia/Kolkata`, as the project's settings in the dashboard have it"
INBOX_PATH = "inbox_path"
ACCOUNT, PASSCODE = CREDENTIALS
"""The streams of the API refuse a run without them, those of export files one without account."""
UNCHANGED = (
    ACCOUNT,
    PASSCODE,
    "timezone",
    "lookback_days",
    "page_size",
    "max_in_flight",
    "window_days",
    "verify_counts",
    "verify_days",
)
"""Settings that are used as they are configured."""


class ExportFilesSettings(NamedTuple):
    """How partner export files are read."""

    url: str | None
    format: str
    columns: Mapping[str, str]
    skip_bad_rows: bool
    lookback_days: int
    processes: int


class InboxSettings(NamedTuple):
    """Where pushed messages are kept, and when those that were read are forgotten."""

    path: str
    days: int
    """After so many days a message that was read is forgotten; 0 forgets none."""


@dataclass(frozen=True)
class TapSettings:
    """The settings of a run; days are days of the project's time zone."""

    account_id: str
    """Empty where only pushed messages are read."""
    passcode: str
    """Empty where only files are read."""
    url: str
    timezone: str
    zone: ZoneInfo
    today: date
    start: date
    end: date
    events: tuple[str, ...]
    events_file: str | None
    excluded_events: frozenset[str]
    profile_events: tuple[str, ...]
    known_users_file: str | None
    lookback_days: int
    page_size: int
    max_in_flight: int
    window_days: int
    verify_counts: str
    verify_days: int
    verify_tolerance: float
    not_ready_patience: float
    request_timeout: float
    merge_duplicates: bool
    skip_bad_rows: bool
    bad_rows_path: str
    export_files: ExportFilesSettings
    inbox: InboxSettings
    query: Query

    @property
    def yesterday(self) -> date:
        """The last day that is over."""
        return self.today - ONE_DAY

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TapSettings:
        """Return the settings of a configuration that fits the schema.

        Raises:
            SettingError: With the name of the setting.
        """
        for name in CREDENTIALS:
            if config.get(name) is not None:
                check_credential(name, config[name])
        given = {name: value for name, value in config.items() if value is not None}
        config = {**DEFAULTS, ACCOUNT: "", PASSCODE: "", **given}
        zone = _zone(config["timezone"])
        today = today_in(zone)
        start, end = _date_range(config, zone, today)
        url = base_url(config["region"], config.get("api_url"))
        check_proxy(url)
        return cls(
            **{name: config[name] for name in UNCHANGED},
            url=url,
            zone=zone,
            today=today,
            start=start,
            end=end,
            events=_names("events", config.get("events")),
            events_file=config.get("events_file") or None,
            excluded_events=frozenset(_names("excluded_events", config.get("excluded_events"))),
            profile_events=_names("profile_events", config["profile_events"]),
            known_users_file=config.get("known_users_file") or None,
            not_ready_patience=float(config["not_ready_patience"]),
            request_timeout=float(config["request_timeout"]),
            verify_tolerance=float(config["verify_tolerance"]),
            merge_duplicates=config["duplicates"] == "merge",
            skip_bad_rows=config["bad_rows"] == "skip",
            bad_rows_path=config["bad_rows_path"] or DEFAULTS["bad_rows_path"],
            export_files=_export_files(config),
            inbox=InboxSettings(config[INBOX_PATH] or DEFAULTS[INBOX_PATH], config["inbox_days"]),
            query=_query(config.get("query")),
        )


def _export_files(config: Mapping[str, Any]) -> ExportFilesSettings:
    return ExportFilesSettings(
        url=config.get("export_files_url") or None,
        format=config["export_files_format"],
        columns=config.get("export_files_columns") or {},
        skip_bad_rows=config["export_files_bad_rows"] == "skip",
        lookback_days=config["export_files_lookback_days"],
        processes=config["export_files_processes"],
    )


def _names(setting: str, names: Iterable[str] | None) -> tuple[str, ...]:
    """Return names without duplicates."""
    known = tuple(dict.fromkeys(names or ()))
    if not all(map(folded, known)):
        blank = next(name for name in known if not folded(name))
        message = f"{setting}: {shown(blank)} is a blank name; remove it"
        raise SettingError(message)
    return known


def _query(given: Mapping[str, Any] | None) -> Query:
    try:
        return read_query(given)
    except QueryError as faults:
        raise SettingError(str(faults)) from None


def _zone(name: str) -> ZoneInfo:
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if is_zone(name):
            return ZoneInfo(name)
    advice = zone_advice(name) or nearest(name, sorted(filter(is_zone, available_timezones())))
    message = f"timezone: {shown(name)} is not an IANA name; {advice or EXAMPLE_ZONE}"
    raise SettingError(message)


def _date_range(config: Mapping[str, Any], zone: ZoneInfo, today: date) -> tuple[date, date]:
    given = config.get("start_date")
    start = _day("start_date", given, zone) if given else today - timedelta(DEFAULT_HISTORY_DAYS)
    end = (
        min(today, _day("end_date", config["end_date"], zone)) if config.get("end_date") else today
    )
    if start > today:
        message = (
            f"start_date: {start} is in the future, today is {today} in {zone.key}; "
            "set an earlier day"
        )
        raise SettingError(message)
    if start > end:
        message = (
            f"start_date: {start} is after end_date {end}, so no day is left to read; change one"
        )
        raise SettingError(message)
    return start, end


def _day(name: str, text: str, zone: ZoneInfo) -> date:
    try:
        moment = read_date(text)
        return moment.astimezone(zone).date() if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        message = f"{name}: {shown(text)} is not a date; write it like 2026-08-31"
        raise SettingError(message) from None
