"""Filters in the URLs of the emulator's own paths, and their answers in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.responses import Response

from clevertap_emulator.api.responses import JSON
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

_Value = TypeVar("_Value")


class FilterError(ValueError):
    """A filter in the URL is not valid."""


def json_response(content: object, status: int = 200) -> Response:
    """Return any value as JSON."""
    return Response(msgspec.json.encode(content), status, media_type=JSON)


def failed(error: Exception) -> Response:
    """Return the response to a call that is not understood."""
    return json_response({"status": "fail", "error": str(error)}, 400)


def invalid_filter(_request: Request, error: Exception) -> Response:
    """Return the response to a `FilterError`."""
    return failed(error)


def parsed(request: Request, name: str, parse: Callable[[str], _Value | None]) -> _Value | None:
    """Return a filter's value; None if it is not given.

    Raises:
        FilterError: It cannot be parsed.
    """
    text = request.query_params.get(name)
    value = None if text is None else parse(text)
    if text is not None and value is None:
        message = f"{name}: {shown(text)} is not valid; see the README for its values"
        raise FilterError(message)
    return value
