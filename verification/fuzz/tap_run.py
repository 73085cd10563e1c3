"""A run of the tap within this process, against an API that has an empty project."""

from __future__ import annotations

import io
import json
import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPResponse

from tap_clevertap._http.connections import Connections
from tap_clevertap.api import client as client_module
from tap_clevertap.tap import TapCleverTap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

EVENTS = ["Charged", "App Launched", "Search"]
MOST_EXPORTS = 60
"""Then the credentials are refused: a state of the year 1 has thousands of windows to read."""
SETTINGS = {
    "account_id": "TEST-000-0000",
    "passcode": "emulator",
    "api_url": "http://localhost:8025",
    "timezone": "Asia/Kolkata",
    "start_date": "2026-08-01",
    "stream_maps": {"events": {"ts": "ts"}},
}
"""With a stream map no processes are started to write pages."""


class EmptyProject(HTTPAdapter):
    """Answers as CleverTap does for a project whose events never happened."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        super().__init__()
        self.questions: list[dict[str, Any]] = []

    @override
    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        status, body = self._answer(request)
        content = io.BytesIO(json.dumps({"status": "success", **body}).encode())
        raw = HTTPResponse(content, {}, status, preload_content=False)
        return self.build_response(request, raw)

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, Any]]:
        url = urlsplit(str(request.url))
        if url.path == "/getSchema":
            return 200, {"events": [{"name": name} for name in EVENTS]}
        if "cursor" in parse_qs(url.query):
            return 200, {}
        self.questions.append(json.loads(request.body or b"{}") | {"path": url.path})
        return (200 if len(self.questions) < MOST_EXPORTS else 401), {"cursor": "c"}


@dataclass
class Outcome:
    """What a run asked for, and wrote."""

    questions: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


def run_tap(settings: Mapping[str, Any], state: Any = None, catalog: Any = None) -> Outcome:
    """Run the tap to its end.

    Raises:
        Exception: What the tap itself does not mean to raise.
    """
    outcome, project = Outcome(), EmptyProject()
    with _speaking_to(project), _output() as written:
        try:
            tap = TapCleverTap(
                config=dict(settings), state=state, catalog=catalog, parse_env_config=False
            )
            tap.sync_all()
        except client_module.CleverTapError as error:
            outcome.error = error.message
    for line in written.getvalue().splitlines():
        message = json.loads(line)
        if message["type"] == "STATE":
            outcome.states.append(message["value"])
    outcome.questions = project.questions
    return outcome


@contextmanager
def _speaking_to(project: EmptyProject) -> Iterator[None]:
    connections = client_module.Connections
    client_module.Connections = _connections_to(project)  # type: ignore[misc]  # put back below
    try:
        yield
    finally:
        client_module.Connections = connections  # type: ignore[misc]  # as it was


def _connections_to(project: EmptyProject) -> type[Connections]:
    class ConnectionsToIt(Connections):
        def __init__(self, headers: Mapping[str, str], **_: bool) -> None:
            super().__init__(headers, uses_environment=False)
            self.session().adapters.clear()
            for scheme in ("http://", "https://"):
                self.session().mount(scheme, project)

    return ConnectionsToIt


@contextmanager
def _output() -> Iterator[io.BytesIO]:
    written = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(written, encoding="utf-8", write_through=True)):
        yield written
        sys.stdout.flush()
        sys.stdout.detach()  # type: ignore[attr-defined]  # else its end would close what was written
