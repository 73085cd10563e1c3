"""The ASGI application: the API's paths, and the emulator's own paths."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Mount, Route

from clevertap_emulator.admin.filters import FilterError, invalid_filter
from clevertap_emulator.admin.routes import AdminRoutes
from clevertap_emulator.api.pipeline import ApiPipeline
from clevertap_emulator.drops.folder import DropFolder
from clevertap_emulator.page.guard import OWN, BrowserGuard
from clevertap_emulator.page.routes import PageRoutes, to_page
from clevertap_emulator.project import Project
from clevertap_emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

logger = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> Starlette:
    """Build the ASGI application for one emulated project, in memory; it opens nothing.

    A folder of `drops` is watched while the application's lifespan lasts. If that fails,
    `app.state.on_failure` is called, unless it is None. The faults `cut` and `truncate` need the
    server of the command `clevertap-emulator`.
    """
    project = Project(settings or Settings())
    own = Mount(OWN, routes=[*AdminRoutes(project).routes(), *PageRoutes(project).routes()])
    app = Starlette(
        routes=[Route(OWN, to_page), own, Mount("/", app=ApiPipeline(project))],
        middleware=[Middleware(BrowserGuard)],
        exception_handlers={FilterError: invalid_filter, ClientDisconnect: _gone},
        lifespan=lambda app: _watched(project, app),
    )
    app.state.on_failure = None
    return app


def _gone(_request: Request, _error: Exception) -> Response:
    """Return the response to a client that went away in the middle of its request."""
    return Response(status_code=400)


@asynccontextmanager
async def _watched(project: Project, app: Starlette) -> AsyncIterator[None]:
    """Watch the folder of dropped files, if there is one; its end ends the emulator."""
    folder = project.settings.drops
    if folder is None:
        yield
        return
    watching = asyncio.create_task(DropFolder(project, Path(folder)).watch())
    watching.add_done_callback(partial(_report_end, app))
    try:
        yield
    finally:
        watching.cancel()


def _report_end(app: Starlette, watching: asyncio.Task[None]) -> None:
    """Say that nobody watches the folder any more, if that is a fault, and end the server."""
    if watching.cancelled() or (error := watching.exception()) is None:
        return
    logger.critical(
        "--drops: the folder is not watched any more; start the emulator again", exc_info=error
    )
    if app.state.on_failure is not None:
        app.state.on_failure()
