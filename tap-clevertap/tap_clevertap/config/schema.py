"""The schema of the settings, for the SDK and `--about`; the README's table has the same list."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_clevertap._http.settings import PROPERTIES
from tap_clevertap.streams.stream_names import FURTHER_STREAMS

SMALLEST_PAGE = 23
"""The API fills pages from 23 shards, and reads a smaller size as unlimited. [LEA]"""
LARGEST_PAGE = 5000
DAY_SECONDS = 86_400
MOST_WINDOW_DAYS = 3650
MOST_INBOX_DAYS = 36_500
SINGLE, PER_EVENT = "single", "per_event"
DEFAULT_PROFILE_EVENTS = ["App Launched"]

CONFIG_SCHEMA: dict[str, Any] = th.PropertiesList(
    *PROPERTIES,
    th.Property(
        "timezone",
        th.StringType(nullable=False),
        default="UTC",
        title="Time Zone",
        description="IANA name of the project's time zone, which days and ts use.",
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
        description="Path of the CSV from the dashboard's Schema page, used like events.",
    ),
    th.Property(
        "excluded_events",
        th.ArrayType(th.StringType),
        title="Excluded Events",
        description="Names removed from the list of events, wherever it comes from.",
    ),
    th.Property(
        "profile_events",
        th.ArrayType(th.StringType, nullable=False),
        default=DEFAULT_PROFILE_EVENTS,
        title="Profile Events",
        description='Events whose users the profiles stream reads; ["*"] is every event.',
    ),
    th.Property(
        "stream_layout",
        th.StringType(nullable=False),
        default=SINGLE,
        allowed_values=[SINGLE, PER_EVENT],
        title="Stream Layout",
        description="One stream of all events, or one for each event with typed columns.",
    ),
    th.Property(
        "known_users_file",
        th.StringType,
        title="Known Users File",
        description="Path of a file of identities, one a line, whose profiles are read one by one.",
    ),
    th.Property(
        "select",
        th.ArrayType(th.StringType(allowed_values=list(FURTHER_STREAMS))),
        title="Select",
        description="Further streams to read, in addition to those that the catalog selects.",
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0, nullable=False),
        default=1,
        title="Look-Back Days",
        description="Closed days to read again, for events that arrived late.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=SMALLEST_PAGE, maximum=LARGEST_PAGE, nullable=False),
        default=LARGEST_PAGE,
        title="Page Size",
        description="Rows of a page.",
    ),
    th.Property(
        "window_days",
        th.IntegerType(minimum=0, maximum=MOST_WINDOW_DAYS, nullable=False),
        default=0,
        title="Window Days",
        description="Days of one export; 0 plans them by the rows of each day.",
    ),
    th.Property(
        "verify_counts",
        th.StringType(nullable=False),
        default="warn",
        allowed_values=["off", "warn", "fail"],
        title="Verify Counts",
        description="Compare closed days with CleverTap's totals: warn of a gap, or fail.",
    ),
    th.Property(
        "verify_days",
        th.IntegerType(minimum=0, maximum=365, nullable=False),
        default=90,
        title="Verify Days",
        description="Closed days whose totals are kept, to find those that grew.",
    ),
    th.Property(
        "verify_tolerance",
        th.NumberType(minimum=0, maximum=1, nullable=False),
        default=0,
        title="Verify Tolerance",
        description="Share of a day's total that may be missing before it counts as a gap.",
    ),
    th.Property(
        "max_in_flight",
        th.IntegerType(minimum=1, maximum=15, nullable=False),
        default=3,
        title="Maximum In Flight",
        description="Requests in flight; CleverTap allows 3 per account.",
    ),
    th.Property(
        "not_ready_patience",
        th.NumberType(exclusive_minimum=0, maximum=DAY_SECONDS, nullable=False),
        default=900,
        title="Not-Ready Patience",
        description="Seconds that one export may report that it is still in progress.",
    ),
    th.Property(
        "request_timeout",
        th.NumberType(exclusive_minimum=0, maximum=DAY_SECONDS, nullable=False),
        default=60,
        title="Request Timeout",
        description="Seconds to wait for a response.",
    ),
    th.Property(
        "duplicates",
        th.StringType(nullable=False),
        default="keep",
        allowed_values=["keep", "merge"],
        title="Duplicates",
        description="Keep identical events of one day, or merge them into one.",
    ),
    th.Property(
        "bad_rows",
        th.StringType(nullable=False),
        default="fail",
        allowed_values=["fail", "skip"],
        title="Bad Rows",
        description="Fail the run at a row that cannot be read, or skip it into bad_rows_path.",
    ),
    th.Property(
        "bad_rows_path",
        th.StringType(nullable=False),
        default="clevertap-bad-rows.jsonl",
        title="Bad Rows Path",
        description="File for rows that cannot be read, if bad_rows is skip.",
    ),
    th.Property(
        "query",
        th.ObjectType(),
        title="Query",
        description="Blocks of CleverTap's query language, to read only what they select.",
    ),
    th.Property(
        "export_files_url",
        th.StringType,
        title="Export Files URL",
        description="Folder with partner export files, for the streams exported_events and "
        "exported_profiles: a path, s3://, gs:// or az://.",
    ),
    th.Property(
        "export_files_format",
        th.StringType(nullable=False),
        default="auto",
        allowed_values=["auto", "json", "csv", "parquet", "xml", "eventbridge"],
        title="Export Files Format",
        description="Format of the files; with auto, the content of each decides.",
    ),
    th.Property(
        "export_files_columns",
        th.ObjectType(additional_properties=th.StringType),
        title="Export Files Columns",
        description="Names that columns have in the files, and those that CleverTap documents.",
    ),
    th.Property(
        "export_files_bad_rows",
        th.StringType(nullable=False),
        default="fail",
        allowed_values=["fail", "skip"],
        title="Export Files Bad Rows",
        description="Leave a file unread at a row that cannot be read, or skip the row into "
        "bad_rows_path.",
    ),
    th.Property(
        "export_files_processes",
        th.IntegerType(minimum=0, maximum=64, nullable=False),
        default=0,
        title="Export Files Processes",
        description="Processes that read files; 0 lets the size of the files and the cores decide.",
    ),
    th.Property(
        "export_files_lookback_days",
        th.IntegerType(minimum=1, maximum=365, nullable=False),
        default=3,
        title="Export Files Look-Back Days",
        description="Days for which files are remembered one by one; older ones have one mark.",
    ),
    th.Property(
        "inbox_path",
        th.StringType(nullable=False),
        default="clevertap-inbox.sqlite",
        title="Inbox Path",
        description="SQLite file in which the command receive keeps what CleverTap pushes, and "
        "which the stream webhook_messages reads.",
    ),
    th.Property(
        "inbox_days",
        th.IntegerType(minimum=0, maximum=MOST_INBOX_DAYS, nullable=False),
        default=0,
        title="Inbox Days",
        description="Days after which messages that a pipeline read are forgotten; 0 keeps all.",
    ),
    th.Property(
        "inbox_username",
        th.StringType,
        title="Inbox Username",
        description="Username that lets a pushed message in, with inbox_password.",
    ),
    th.Property(
        "inbox_password",
        th.StringType,
        secret=True,
        title="Inbox Password",
        description="Password that lets a pushed message in, with inbox_username.",
    ),
    th.Property(
        "inbox_token",
        th.StringType,
        secret=True,
        title="Inbox Token",
        description="Bearer token that lets a pushed message in.",
    ),
    th.Property(
        "inbox_header",
        th.StringType,
        title="Inbox Header",
        description="Name of a header that lets a pushed message in, with inbox_header_value.",
    ),
    th.Property(
        "inbox_header_value",
        th.StringType,
        secret=True,
        title="Inbox Header Value",
        description="Value of the header inbox_header.",
    ),
    th.Property(
        "receipt_path",
        th.StringType,
        title="Receipt Path",
        description="File for the rows of each day that a run read; "
        "JSON, or a page if it ends in .html.",
    ),
).to_dict()

DEFAULTS = {
    name: schema["default"]
    for name, schema in CONFIG_SCHEMA["properties"].items()
    if "default" in schema
}
