"""The command line of `clevertap-emulator`."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import fields
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from clevertap_emulator.app import create_app
from clevertap_emulator.server import serve
from clevertap_emulator.settings import Contract, Settings, Strangers

_DEFAULT = Settings()
BACKLOG = 512


def _loopback(_context: click.Context, _option: click.Parameter, host: str) -> str:
    try:
        allowed = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        message = (
            f"{host} is not a loopback address; the emulator has no real credentials, use 127.0.0.1"
        )
        raise click.BadParameter(message)
    return host


def _zone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name} is no IANA time zone, such as Asia/Kolkata"
        raise click.BadParameter(message) from error
    return name


def _day(_context: click.Context, _option: click.Parameter, day: str | None) -> str | None:
    try:
        return None if day is None else date.fromisoformat(day).isoformat()
    except ValueError as error:
        message = f"{day} is no day, such as 2026-08-31"
        raise click.BadParameter(message) from error


def _option(name: str, text: str, **how: Any) -> Any:
    """Declare an option whose default is the setting's."""
    setting = name.removeprefix("--").replace("-", "_")
    how.setdefault("default", getattr(_DEFAULT, setting))
    return click.option(name, help=text, show_default=True, **how)


def _switch(setting: str, text: str) -> Any:
    """Declare an option that is `on` or `off`."""
    name = "--" + setting.replace("_", "-")
    default = "on" if getattr(_DEFAULT, setting) else "off"
    return click.option(
        name,
        setting,
        type=click.Choice(["on", "off"]),
        default=default,
        help=text,
        show_default=True,
    )


def _choice(*values: str) -> click.Choice[str]:
    return click.Choice(values)


_COUNT = click.IntRange(min=0)
_SIZE = click.IntRange(min=1)
_SECONDS = click.FloatRange(min=0)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--host",
    default="127.0.0.1",
    callback=_loopback,
    show_default=True,
    help="Loopback address to listen on.",
)
@click.option(
    "--port",
    default=8025,
    type=click.IntRange(0, 65535),
    show_default=True,
    help="Port; 0 picks a free one.",
)
@_option("--account-id", "Account ID that is let in.")
@_option("--passcode", "Passcode that is let in.")
@_option("--timezone", "Time zone of the project.", callback=_zone)
@_option("--seed", "Seed of the generated data.", type=int)
@_option("--days", "Days of history, today included.", type=_SIZE)
@_option(
    "--today",
    "Last day of the history, YYYY-MM-DD; its clock starts at noon. Default: today.",
    callback=_day,
)
@_option("--users", "Generated users.", type=_SIZE)
@_option("--events-per-day", "Generated events of an ordinary day.", type=_COUNT)
@_option(
    "--contract", "How a walk ends.", type=_choice("documented", "captured"), default="captured"
)
@_option("--preparing", "Times a new export answers code 2, a new count `partial`.", type=_COUNT)
@_option("--preparing-status", "HTTP status of code 2.", type=_choice("200", "202"), default="200")
@_option("--cursor-life", "Seconds an event cursor lives.", type=_SECONDS)
@_option("--cursor-idle", "Seconds an event cursor lives unused.", type=_SECONDS)
@_option("--profile-cursor-life", "Seconds a profile cursor lives.", type=_SECONDS)
@_switch("hollow_pages", "Halved and empty pages in the middle of a walk.")
@_option(
    "--unknown-credentials", "What strangers get.", type=_choice("401", "silent"), default="401"
)
@_switch("wrong_region", "Treat everybody as a stranger, as the wrong region does.")
@_option(
    "--unknown-event-status",
    "HTTP status of an unknown event name.",
    type=_choice("200", "400"),
    default="200",
)
@_option("--latency-ms", "Milliseconds added to each API answer.", type=_SECONDS)
@_option("--reads-in-flight", "Reads in flight before 429.", type=_SIZE)
@_option("--uploads-in-flight", "Uploads in flight before 429.", type=_SIZE)
@_option("--max-records", "Records in an upload.", type=_SIZE)
@_option("--max-upload-bytes", "Bytes of an upload.", type=_SIZE)
@_option("--max-event-properties", "Properties of an event: 100 or 256.", type=_SIZE)
@_option("--max-value-length", "Characters of a property's value: 512 or 1024.", type=_SIZE)
@_option("--max-charged-items", "Items of a Charged event: 256 or 50.", type=_SIZE)
@_option("--max-list-values", "Values of a multi-value property.", type=_SIZE)
@_switch("nested_objects", "Take nested objects in event properties (a beta of CleverTap's).")
@_switch("getschema", "Whether getSchema answers; off: a soft 200.")
@_option(
    "--unexportable", "Name that may not be exported; may be repeated, '' for none.", multiple=True
)
@_option("--discarded", "Name that is discarded; may be repeated, '' for none.", multiple=True)
@click.version_option(package_name="clevertap-emulator")
def main(host: str, port: int, **given: Any) -> None:
    """Answer as the CleverTap server API does, with believable data, on loopback."""
    settings = _settings(given)
    listener = _listen(host, port)
    serve(create_app(settings), listener)


def _settings(given: dict[str, Any]) -> Settings:
    given["contract"] = Contract(given["contract"])
    given["unknown_credentials"] = Strangers(given["unknown_credentials"])
    for status in ("preparing_status", "unknown_event_status"):
        given[status] = int(given[status])
    for switch in ("hollow_pages", "wrong_region", "nested_objects", "getschema"):
        given[switch] = given[switch] == "on"
    for names in ("unexportable", "discarded"):
        given[names] = tuple(name for name in given[names] if name)
    return Settings(**{each.name: given[each.name] for each in fields(Settings)})


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = f"cannot listen on {host}:{port}: {error.strerror}; choose another --port, or 0"
        raise click.ClickException(message) from error
    listener.listen(BACKLOG)
    return listener
