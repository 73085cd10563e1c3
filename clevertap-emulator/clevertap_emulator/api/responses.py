"""The API's responses: HTTP status, body and CleverTap's code."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

JSON = "application/json;charset=utf-8"


@dataclass(frozen=True)
class ApiResponse:
    """One response; `seconds` is what it takes.

    For the journal: `code` is the body's code, `unprocessed` the number of refused records.
    """

    body: bytes
    status: int = 200
    code: int | None = None
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    unprocessed: int | None = None


def success(content: dict[str, object] | None = None, *, seconds: float = 0.0) -> ApiResponse:
    """Return a response with `status: success` and the given keys."""
    body = msgspec.json.encode({"status": "success"} | (content or {}))
    return ApiResponse(body, seconds=seconds)


def plain(content: dict[str, object], *, status: int = 200) -> ApiResponse:
    """Return a response with exactly these keys."""
    return ApiResponse(msgspec.json.encode(content), status=status)


def failure(error: str, code: int, *, status: int = 200) -> ApiResponse:
    """Return a failure, which is often HTTP 200 [LEA]."""
    body = msgspec.json.encode({"status": "fail", "error": error, "code": code})
    return ApiResponse(body, status=status, code=code)


def partial(req_id: int) -> ApiResponse:
    """Return the response to a count that is not ready [D:get-event-count-api]."""
    return ApiResponse(msgspec.json.encode({"status": "partial", "req_id": req_id}))


EMPTY_200 = ApiResponse(b"")  # [EVA]: an unknown path on a valid host
UNKNOWN_ACCOUNT = ApiResponse(
    b'{ "status" : "fail" , "error" : "Account ID is not valid" , "code" : 401}', 401, 401
)  # [VCR]
WRONG_PASSCODE = ApiResponse(
    b'{"status":"fail","error":"Invalid Credentials","code":401}', 401, 401
)  # [LEA, RUD, QH]
TOO_MANY_REQUESTS = failure("Too many concurrent requests", 429, status=429)  # [LEA]
MALFORMED = ApiResponse(
    b'{ "status" : "fail" , "error" : "Malformed request" , "code" : 400}', 400, 400
)  # [UPL]
INCORRECT_USAGE = failure("Incorrect Usage", 3)  # [LEA, SUR, ING]
CURSOR_INVALIDATED = failure("CURSOR_INVALIDATED", 4004)  # [LEA]
NOT_EXPORTABLE = failure("Export not allowed for this event", 400, status=400)  # [ING]
COUNTS_REFUSED = failure("Counts are not allowed for this account", 403, status=403)  # no source
BAD_DATES = failure("Invalid date range", 4002)  # [LEA] has the code, no text
