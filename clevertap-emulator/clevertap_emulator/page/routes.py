"""The page at `/_emulator/`, and the JSON paths that it reads: small answers with limits."""

from __future__ import annotations

import time
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from clevertap_emulator.admin.filters import FilterError, json_response, parsed
from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.flags import HELP
from clevertap_emulator.page.event_days import event_days
from clevertap_emulator.page.files import INDEX, page_files
from clevertap_emulator.page.records import kinds, newest_records, user_view
from clevertap_emulator.page.summary import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from clevertap_emulator.api.open_exports import OpenExport
    from clevertap_emulator.project import Project

SECRET = "passcode"  # noqa: S105 - the name of a setting
USUAL_LIMIT = 50
LARGEST_LIMIT = 500


class PageRoutes:
    """The page and its paths under `/_emulator/`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, to be mounted under `/_emulator`."""
        return [
            Route("/", self.file),
            Route("/page/{path:path}", self.file),
            Route("/summary", self.summary),
            Route("/days", self.days),
            Route("/records", self.records),
            Route("/user", self.user),
            Route("/exports", self.exports),
            Route("/settings", self.settings),
        ]

    async def file(self, request: Request) -> Response:
        """Return a file of the page."""
        found = page_files().get(request.path_params.get("path", INDEX))
        if found is None:
            return json_response({"status": "fail", "error": "There is no such file"}, 404)
        return Response(found.content, headers={"Content-Type": found.type})

    async def summary(self, _request: Request) -> Response:
        """Return totals of what arrived."""
        return json_response(summary(self._project))

    async def days(self, request: Request) -> Response:
        """Return the events of each day, of one name or of all."""
        return json_response(
            await event_days(self._project, request.query_params.get("event_name"))
        )

    async def records(self, request: Request) -> Response:
        """Return the newest stored or refused records of a kind."""
        listable = {kind: kind for kind in kinds(self._project)}
        kind = parsed(request, "kind", listable.get) or "events"
        return json_response(newest_records(self._project, kind, _limit(request)))

    async def user(self, request: Request) -> Response:
        """Return what is known of one user."""
        key = request.query_params.get("key", "").strip()
        if not key:
            message = "key: it is missing; give an identity, a CleverTap ID or an e-mail address"
            raise FilterError(message)
        return json_response(user_view(self._project, key, _limit(request)))

    async def exports(self, request: Request) -> Response:
        """Return the open exports, the newest first."""
        store = self._project.exports
        return json_response(
            {
                "total": store.count,
                "exports": [self._export(each) for each in store.newest(_limit(request))],
            }
        )

    def _export(self, export: OpenExport) -> dict[str, object]:
        now = time.monotonic()
        first, last = (export.days[0], export.days[-1]) if export.days else (None, None)
        return {
            "number": export.number,
            "kind": "profiles" if export.profiles else "events",
            "event_name": export.name,
            "from": first and first.isoformat(),
            "to": last and last.isoformat(),
            "still_preparing": export.preparing,
            "pages_served": export.pages_served,
            "opened_seconds_ago": round(now - export.opened, 1),
            "used_seconds_ago": round(now - export.used, 1),
            "expired": self._project.exports.is_expired(export),
        }

    async def settings(self, _request: Request) -> Response:
        """Return the settings, without the passcode."""
        settings = self._project.settings
        return json_response(
            {
                "settings": [
                    {
                        "flag": "--" + each.name.replace("_", "-"),
                        "value": _plain(getattr(settings, each.name)),
                        "default": _plain(each.default),
                        "meaning": HELP[each.name].partition("  [")[0],
                    }
                    for each in fields(settings)
                    if each.name != SECRET
                ]
            }
        )


async def to_page(_request: Request) -> Response:
    """Lead to the page from its address without the last slash."""
    return RedirectResponse("/_emulator/", 308)


def _limit(request: Request) -> int:
    return min(parsed(request, "limit", parse_whole) or USUAL_LIMIT, LARGEST_LIMIT)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the value of any setting
    return value.value if isinstance(value, Enum) else value
