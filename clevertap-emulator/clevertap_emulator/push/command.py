"""The command `clevertap-emulator push`: one flag for each setting."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clevertap_emulator.flags import HELP, flags_of, settings_of
from clevertap_emulator.push.messages import PushMessages
from clevertap_emulator.push.outcome import PushTotals
from clevertap_emulator.push.request import destination_of
from clevertap_emulator.push.sending import PushSender
from clevertap_emulator.push.settings import PushSettings
from clevertap_emulator.settings import Settings
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from clevertap_emulator.push.outcome import Pushed
    from clevertap_emulator.push.request import PushDestination

HISTORY = (
    *("account_id", "timezone", "seed", "days", "today", "users", "events_per_day"),
    *("extra_events", "extra_properties", "odd_values"),
)
"""The settings that people and events depend on, as for the server."""
TEXTS = {
    "kind": "Webhook messages, or messages of EventBridge as its API destinations send them.",
    "content": "Bodies: profiles in a list, one object, custom JSON, text, the test, an event.",
    "spelling": "Names in profiles; the official pages have three.",
    "profiles": "Profiles in a list at most.",
    "messages": "Messages to send; 0: until SIGTERM or SIGINT.",
    "first": "Number of the first message; equal numbers and settings are equal messages.",
    "rate": "Messages a second; 0: as many as are answered.",
    "connections": "Connections that are kept open.",
    "timeout": "Seconds that an attempt may take; sources give 1, 3 and 5.",
    "retries": "Attempts after the first; sources give 1, 2 and 3.",
    "retry_seconds": "Seconds before an attempt is repeated.",
    "lose_one_in": "One message in so many is sent again although it was answered; 0: none.",
    "method": "Method of the requests.",
    "username": "Name of HTTP Basic authentication.  [default: none]",
    "password": "Password of HTTP Basic authentication.  [default: none]",
    "token": "Token of HTTP Bearer authentication.  [default: none]",
    "header": "Further header, such as `X-Secret: value`; repeatable.",
    "truth_bodies": "The truth has the bodies; off: their SHA-256 alone.",
}


def _push(to: str, truth: str | None, ca: str | None, **given: object) -> None:
    history, settings = settings_of(Settings, given), settings_of(PushSettings, given)
    try:
        destination = destination_of(to, settings, ca)
        messages = PushMessages(history, settings)
        messages.message(settings.first)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        message = f"--ca: cannot read certificates from {shown(ca)}; give a file in PEM"
        raise click.UsageError(message) from error
    try:
        totals = _pushed(destination, settings, messages, truth)
    except OSError as error:  # of an attempt, it is a result
        raise _cannot_write(truth or "", error) from error
    if totals.answered < totals.messages:
        sys.exit(1)


def _pushed(
    destination: PushDestination, settings: PushSettings, messages: PushMessages, truth: str | None
) -> PushTotals:
    """Send all messages, and tell what became of them."""
    totals, began = PushTotals(), time.perf_counter()
    with ExitStack() as stack:
        lines = stack.enter_context(Path(truth).open("wb")) if truth else None

        def take(outcome: Pushed) -> None:
            totals.add(outcome)
            if lines is not None:
                lines.write(outcome.line(has_body=settings.truth_bodies) + b"\n")

        asyncio.run(PushSender(destination, settings, take).send(messages.message))
    click.echo(totals.line(time.perf_counter() - began))
    return totals


def _cannot_write(truth: str, error: OSError) -> click.ClickException:
    message = f"--truth: cannot write {shown(truth)} ({error.strerror}); choose another file"
    return click.ClickException(message)


push = click.Command(
    "push",
    callback=_push,
    params=[
        click.Option(["--to"], required=True, help="URL of the receiver, http or https."),
        click.Option(["--truth"], type=click.Path(), help="File for what became of each message."),
        click.Option(
            ["--ca"],
            type=click.Path(),
            help="File with the certificates that https trusts, in PEM.  [default: the system's]",
        ),
        *flags_of(PushSettings, TEXTS),
        *flags_of(Settings, {name: HELP[name] for name in HISTORY}),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Send webhook or EventBridge messages to a receiver, as CleverTap does.",
)
