"""The settings: their schema for the SDK, and their meaning checked in one place."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from singer_sdk import typing as th

from tap_clevertap._http.headers import check_credential
from tap_clevertap._http.hosts import HOSTS, REGION_ALIASES, base_url
from tap_clevertap._http.proxies import check_proxy
from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.suggestions import folded, nearest
from tap_clevertap.config.zones import advice_on, is_zone
from tap_clevertap.errors import SettingError
from tap_clevertap.exports.windows import today_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_HISTORY_DAYS = 30
SMALLEST_PAGE = 23
"""The API fills pages from 23 shards and takes a smaller size for unlimited. [LEA]"""
LARGEST_PAGE = 5000
DAY_SECONDS = 86_400
EVERY_EVENT = "*"
EXAMPLE_ZONE = "write it like `Asia/Kolkata`, as the project's settings in the dashboard say"
DEFAULT_PROFILE_EVENTS = ["App Launched"]

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "account_id",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="Account ID",
        description="Project or account ID, from Settings, Project in the dashboard.",
    ),
    th.Property(
        "passcode",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="Passcode",
        description="Account or user passcode, from Settings, Passcode in the dashboard.",
    ),
    th.Property(
        "region",
        th.StringType(nullable=False),
        default="eu1",
        allowed_values=[*HOSTS, *REGION_ALIASES],
        title="Region",
        description="Data centre of the project, as in its dashboard's address.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Scheme and host to use instead of the region's, for an emulator or a proxy.",
    ),
    th.Property(
        "timezone",
        th.StringType(nullable=False),
        default="UTC",
        title="Time Zone",
        description="IANA name of the project's time zone: days and ts are in it.",
    ),
    th.Property(
        "start_date",
        th.StringType,
        title="Start Date",
        description="First day to read of an event without bookmark; default 30 days before today.",
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End Date",
        description="Last day to read, inclusive; default and at most today.",
    ),
    th.Property(
        "events",
        th.ArrayType(th.StringType),
        title="Events",
        description="Names of the events to read, exact and case-sensitive; default all.",
    ),
    th.Property(
        "events_file",
        th.StringType,
        title="Events File",
        description="Path of the CSV from the dashboard's Schema page, used like Events.",
    ),
    th.Property(
        "excluded_events",
        th.ArrayType(th.StringType),
        title="Excluded Events",
        description="Names taken off the list of events, wherever it comes from.",
    ),
    th.Property(
        "profile_events",
        th.ArrayType(th.StringType, nullable=False),
        default=DEFAULT_PROFILE_EVENTS,
        title="Profile Events",
        description='Events whose users the profiles stream reads; ["*"] is every event.',
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0, nullable=False),
        default=1,
        title="Look-Back Days",
        description="Closed days that are read again, for events that arrived late.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=SMALLEST_PAGE, maximum=LARGEST_PAGE, nullable=False),
        default=LARGEST_PAGE,
        title="Page Size",
        description="Rows asked for in a page.",
    ),
    th.Property(
        "max_in_flight",
        th.IntegerType(minimum=1, maximum=15, nullable=False),
        default=3,
        title="Maximum In Flight",
        description="Requests in flight at once; CleverTap allows 3 readers an account.",
    ),
    th.Property(
        "not_ready_patience",
        th.NumberType(exclusive_minimum=0, maximum=DAY_SECONDS, nullable=False),
        default=900,
        title="Not-Ready Patience",
        description="Seconds that one export may say it is still in progress.",
    ),
    th.Property(
        "request_timeout",
        th.NumberType(exclusive_minimum=0, maximum=DAY_SECONDS, nullable=False),
        default=60,
        title="Request Timeout",
        description="Seconds to wait for an answer.",
    ),
    th.Property(
        "duplicates",
        th.StringType(nullable=False),
        default="keep",
        allowed_values=["keep", "merge"],
        title="Duplicates",
        description="Whether identical events of one day are kept apart or merged into one.",
    ),
    th.Property(
        "bad_rows",
        th.StringType(nullable=False),
        default="fail",
        allowed_values=["fail", "skip"],
        title="Bad Rows",
        description="Whether a row that cannot be read ends the run, or is kept in Bad Rows Path.",
    ),
    th.Property(
        "bad_rows_path",
        th.StringType(nullable=False),
        default="clevertap-bad-rows.jsonl",
        title="Bad Rows Path",
        description="File to keep rows in that cannot be read, with Bad Rows set to skip.",
    ),
).to_dict()

SECRETS = frozenset(
    name for name, schema in CONFIG_SCHEMA["properties"].items() if schema.get("secret")
)
DEFAULTS = {
    name: schema["default"]
    for name, schema in CONFIG_SCHEMA["properties"].items()
    if "default" in schema
}


@dataclass(frozen=True)
class Settings:
    """What the settings mean for this run; days are days of the project's time zone."""

    account_id: str
    passcode: str
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
    lookback_days: int
    page_size: int
    max_in_flight: int
    not_ready_patience: float
    request_timeout: float
    merge_duplicates: bool
    skip_bad_rows: bool
    bad_rows_path: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings of a configuration that fits the schema.

        Raises:
            SettingError: Naming the setting, and what to do.
        """
        for name in sorted(SECRETS):
            check_credential(name, config[name])
        given = {name: value for name, value in config.items() if value is not None}
        config = {**DEFAULTS, **given}
        zone = _zone(config["timezone"])
        today = today_in(zone)
        start, end = _range(config, zone, today)
        url = base_url(config["region"], config.get("api_url"))
        check_proxy(url)
        return cls(
            account_id=config["account_id"],
            passcode=config["passcode"],
            url=url,
            timezone=config["timezone"],
            zone=zone,
            today=today,
            start=start,
            end=end,
            events=_names("events", config.get("events")),
            events_file=config.get("events_file") or None,
            excluded_events=frozenset(_names("excluded_events", config.get("excluded_events"))),
            profile_events=_names("profile_events", config["profile_events"]),
            lookback_days=config["lookback_days"],
            page_size=config["page_size"],
            max_in_flight=config["max_in_flight"],
            not_ready_patience=float(config["not_ready_patience"]),
            request_timeout=float(config["request_timeout"]),
            merge_duplicates=config["duplicates"] == "merge",
            skip_bad_rows=config["bad_rows"] == "skip",
            bad_rows_path=config["bad_rows_path"] or DEFAULTS["bad_rows_path"],
        )


def _names(setting: str, names: Iterable[str] | None) -> tuple[str, ...]:
    """Return names, each once."""
    known = tuple(dict.fromkeys(names or ()))
    if not all(map(folded, known)):
        blank = next(name for name in known if not folded(name))
        message = f"{setting}: {shown(blank)} is a blank name; take it off the list"
        raise SettingError(message)
    return known


def _zone(name: str) -> ZoneInfo:
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if is_zone(name):
            return ZoneInfo(name)
    advice = advice_on(name) or nearest(name, sorted(filter(is_zone, available_timezones())))
    message = f"timezone: {shown(name)} is not an IANA name; {advice or EXAMPLE_ZONE}"
    raise SettingError(message)


def _range(config: Mapping[str, Any], zone: ZoneInfo, today: date) -> tuple[date, date]:
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
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return moment.astimezone(zone).date() if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        message = f"{name}: {shown(text)} is not a date; write it like 2026-08-31"
        raise SettingError(message) from None
