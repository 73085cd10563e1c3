"""The questions of a check about the inbox: can it be read, and does a push need a secret?"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.findings import Finding, failed, fine
from tap_clevertap._plugin.shown import shown
from tap_clevertap.config.credentials import names_inbox
from tap_clevertap.errors import CleverTapError
from tap_clevertap.inbox.access import Access
from tap_clevertap.inbox.store import Inbox, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OF_ACCESS = (
    "inbox_username",
    "inbox_password",
    "inbox_token",
    "inbox_header",
    "inbox_header_value",
)
UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def inbox_findings(config: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """Yield a finding for each question; none where no setting and no file is about an inbox.

    Args:
        config: The settings, checked.
        path: Of the inbox.
    """
    is_read = names_inbox(config, os.environ)
    if os.path.lexists(path.replace("\0", "")):
        yield _content(path)
    elif is_read or any(map(config.get, OF_ACCESS)):
        message, advice = f"there is no inbox {shown(path)} so far", "start `tap-clevertap receive`"
        yield Finding("inbox", "no_inbox", message, advice, ok=not is_read)
    else:
        return
    yield _access(config)


def _content(path: str) -> Finding:
    try:
        with Inbox(path) as inbox:
            inbox.check_writable()
            number, newest = inbox.last_id - inbox.forgotten, inbox.newest
    except CleverTapError as error:
        return failed("inbox", "unusable", error)
    if newest is None:
        return fine("inbox", "it has no message", code="no_messages")
    age = timedelta(milliseconds=now_ms() - newest)
    return fine("inbox", f"messages in it: {number:,}; the newest is {_in_words(age)} old")


def _in_words(age: timedelta) -> str:
    for name, unit in UNITS:
        if age >= unit:
            return f"{age // unit} {name}{'s' if age >= 2 * unit else ''}"
    return "less than a minute"


def _access(config: Mapping[str, Any]) -> Finding:
    try:
        access = Access(config)
    except CleverTapError as error:
        return failed("inbox_access", "wrong_settings", error)
    if access:
        return fine("inbox_access", "a push needs a secret")
    message = "a push needs no secret, so `tap-clevertap receive` listens on this machine only"
    return fine("inbox_access", message, code="no_secret", advice="set inbox_token, or a password")
