"""The ASGI application: the API's paths, and the emulator's own paths."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount

from clevertap_emulator.admin.routes import AdminRoutes, FilterError, invalid_filter
from clevertap_emulator.api.pipeline import ApiPipeline
from clevertap_emulator.project import Project
from clevertap_emulator.settings import Settings


def create_app(settings: Settings | None = None) -> Starlette:
    """Build the ASGI application for one emulated project, in memory; it opens nothing.

    The faults `cut` and `truncate` need the server of the command `clevertap-emulator`.
    """
    project = Project(settings or Settings())
    own = Mount("/_emulator", routes=AdminRoutes(project).routes())
    return Starlette(
        routes=[own, Mount("/", app=ApiPipeline(project))],
        exception_handlers={FilterError: invalid_filter},
    )
