"""Inboxes of pushed messages, and runs of the tap that read them alone."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tap_clevertap.inbox.arrivals import arrival
from tap_clevertap.inbox.clock import InboxClock
from tap_clevertap.inbox.writer import InboxWriter
from tests.support.files.tap_runs import catalog
from tests.support.plugin_process import write_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.launcher import Launcher
    from tests.support.run_output import Output

STREAM = "webhook_messages"
LATER_MS = 3_600_000
"""Between two calls of `put_messages`, so that equal messages of them are two."""


class _Hours:
    """The clock of an inbox, which `put_messages` sets forward."""

    now = 1_700_000_000_000


def put_messages(path: Path, *bodies: Any, source: str = "webhook") -> None:
    """Store messages as the receiver does, an hour after those before; others than bytes as JSON.

    They need no receiver that runs.
    """
    _Hours.now += LATER_MS
    clock = InboxClock(lambda: _Hours.now, lambda: _Hours.now)
    contents = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in bodies]
    with closing(InboxWriter(str(path), clock)) as writer:
        writer.store([arrival(source, content) for content in contents])


def message_of(*identities: str, **members: Any) -> dict[str, Any]:
    """Return a webhook's message about users."""
    return {"targetId": 5, "profiles": [{"identity": each} for each in identities], **members}


def read_inbox(
    launcher: Launcher,
    path: Path,
    *arguments: str,
    state: Any = None,
    environment: Iterable[tuple[str, str]] = (),
    **settings: Any,
) -> Output:
    """Read an inbox without credentials, by a fork of a process that has loaded the tap."""
    given = [] if state is None else ["--state", write_json(state)]
    config = {"inbox_path": str(path), **settings}
    chosen = () if "--catalog" in arguments else ("--catalog", catalog(STREAM))
    return launcher.run(
        "--config", write_json(config), *chosen, *arguments, *given, speed=1, **dict(environment)
    )


def users(output: Output) -> list[str | None]:
    """Return the identity of each record, in their order."""
    return [each["identity"] for each in output.records.get(STREAM, [])]
