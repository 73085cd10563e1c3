"""The command line of `clevertap-emulator`: one flag for each setting."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any, cast
from zoneinfo import ZoneInfo

import click

from clevertap_emulator.app import create_app
from clevertap_emulator.server import Certificate, serve
from clevertap_emulator.settings import Settings
from clevertap_emulator.shown import shown

BACKLOG = 512
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
}
STATUSES = {"preparing_status": ["200", "202"], "unknown_event_status": ["200", "400"]}
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2285, 12, 31)
MOST = {"days": 36_500}
POSITIVE = frozenset(
    (
        *("days", "users", "max_records", "max_deletes"),
        *("reads_in_flight", "uploads_in_flight", "calls_in_flight"),
    )
)


def _loopback(_context: click.Context, _flag: click.Parameter, host: str) -> str:
    try:
        allowed = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        message = f"{shown(host)} is not a loopback address; use 127.0.0.1"
        raise click.BadParameter(message)
    return host


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


CHECKS = {"timezone": _zone, "today": _day}


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


def _flag(setting: str, default: object) -> click.Option:
    many = isinstance(default, tuple)
    written = _flag_default(str(default) if setting in STATUSES else default)
    return click.Option(
        ["--" + setting.replace("_", "-"), setting],
        type=_flag_type(setting, default),
        default=written,
        show_default=not many,
        multiple=many,
        callback=CHECKS.get(setting),
        help=HELP[setting],
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


def _run(
    host: str, port: int, tls_certificate: str | None, tls_key: str | None, **given: object
) -> None:
    certificate = _certificate(tls_certificate, tls_key)
    converted = {
        each.name: _setting_value(each.default, given[each.name]) for each in fields(Settings)
    }
    settings = Settings(**cast("dict[str, Any]", converted))
    listener = _listen(host, port)
    serve(create_app(settings), listener, certificate)


def _certificate(path: str | None, key: str | None) -> Certificate | None:
    if path is None and key is None:
        return None
    if path is None or key is None:
        message = "--tls-certificate and --tls-key go together: give both, or neither for http"
        raise click.UsageError(message)
    try:
        # With a password, an encrypted key is an error instead of a prompt.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password="")
    except (ssl.SSLError, OSError) as error:
        message = (
            f"{shown(path)} and {shown(key)} are not a PEM certificate and its own key ({error}); "
            "give a pair that belongs together"
        )
        raise click.UsageError(message) from error
    return Certificate(path, key)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = (
            f"--port: cannot listen on {host}:{port} ({error.strerror}); choose another port, or 0"
        )
        raise click.ClickException(message) from error
    listener.listen(BACKLOG)
    return listener


_HOST = click.Option(
    ["--host"],
    default="127.0.0.1",
    callback=_loopback,
    show_default=True,
    help="Loopback address to listen on.",
)
_PORT = click.Option(
    ["--port"],
    default=8025,
    type=click.IntRange(0, 65535),
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
_TLS = [
    click.Option(
        ["--tls-certificate"],
        type=click.Path(),
        help="File with a TLS certificate in PEM, to serve https.  [default: none, http]",
    ),
    click.Option(
        ["--tls-key"], type=click.Path(), help="File with the certificate's key.  [default: none]"
    ),
]
main = click.version_option(package_name="clevertap-emulator")(
    click.Command(
        "clevertap-emulator",
        callback=_run,
        params=[
            _HOST,
            _PORT,
            *_TLS,
            *(_flag(each.name, each.default) for each in fields(Settings)),
        ],
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Serve CleverTap's server API on loopback, with realistic data.",
    )
)
