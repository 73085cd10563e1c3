"""What became of a request: from status and body to an outcome, without I/O.

CleverTap reports most failures in the body of an HTTP 200, so the body counts first.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from tap_clevertap._http.causes import Cause
from tap_clevertap.records.exact_json import UNREADABLE_JSON, repair_json

CODE_THROTTLED = 1
CODE_IN_PROGRESS = 2
CODE_DATES_REFUSED = 4002
"""A range with a future, reversed or impossible day. [LEA errors.ts]"""
CURSOR_LOST_CODES = frozenset({3, 4004})
"""3: malformed, or encoded twice. 4004: invalidated. [LEA errors.ts; ING test]"""
CURSOR_LOST_TEXTS = ("cursor_invalidated", "invalid cursor", "invalid request id")
ACCOUNT_REFUSED = b"account id"
"""In the text of a 401 that is about the account, in lower case. [VCR]"""
HTTP_UNAUTHORIZED = 401
HTTP_REQUEST_TIMEOUT = 408
HTTP_TOO_MANY_REQUESTS = 429
HTTP_TRANSIENT = frozenset({HTTP_REQUEST_TIMEOUT, HTTP_TOO_MANY_REQUESTS})
HTTP_ACCEPTED = 202
HTTP_NOT_FOUND = 404
HTTP_CONFLICT = 409
HTTP_SERVER_ERROR = 500
NOT_FOUND_TEXTS = ("not found", "no profile", "no user", "unknown user", "not exist", "n't exist")
NOT_FINISHED_TEXTS = ("no result", "n't been completed", "not been completed", "not completed")
"""Of a campaign, also with HTTP 500. [SNIP; ING tests]"""


class Body(msgspec.Struct):
    """The keys of a response; the rows are not decoded."""

    status: Any = None
    error: Any = None
    code: Any = None
    cursor: str | None = None
    next_cursor: str | None = None
    req_id: Any = None
    records: msgspec.Raw = msgspec.Raw()
    contentBlocks: msgspec.Raw = msgspec.Raw()  # noqa: N815 - as sent
    """A page of them has no status. [D:get-content-block-list-api]"""


class Success(msgspec.Struct, frozen=True):
    """The request succeeded; cursor and rows are in the body if the response has them.

    `sent_at` is the time of the response by CleverTap's clock, in epoch seconds, if it has one.
    """

    body: Body
    content: bytes
    sent_at: float | None = None


class NotReady(msgspec.Struct, frozen=True):
    """CleverTap still prepares the answer: send the same request later.

    `req_id` is the number with which a count is asked for again, if the response has one.
    """

    req_id: str | None = None


class TryAgain(msgspec.Struct, frozen=True):
    """A transient failure: send the same request again.

    `after` has the seconds of a Retry-After header. `answered` is false if no response of
    CleverTap's API arrived. `unreadable` is true for a 200 that is not the API's: for a path that
    it does not know it is empty [EVA]. `cause` is what is known of the reason.
    """

    reason: str
    after: float | None = None
    answered: bool = True
    unreadable: bool = False
    cause: Cause | None = None


class CursorLost(msgspec.Struct, frozen=True):
    """The cursor is not valid: open the export again."""

    reason: str


class Unauthorized(msgspec.Struct, frozen=True):
    """CleverTap refuses account id, passcode or region.

    `unknown_account` is whether its words are that the account id is not valid. [VCR]
    """

    unknown_account: bool = False


class EventUnknown(msgspec.Struct, frozen=True):
    """The project has no event of a name: of the request's own, or of one in its query.

    `words` is the error's text, with the name.
    """

    words: str = ""


class EventNotExportable(msgspec.Struct, frozen=True):
    """CleverTap does not export this event through its API."""


class Refused(msgspec.Struct, frozen=True):
    """CleverTap refuses the request for good, or does not have what was asked for.

    `words` is the error's text. It may quote values of the request, so it is shown only where the
    request has values that are the user's own: those of the setting `query`. `not_finished` is true
    for a campaign that has no result yet, `days_refused` if the days are the reason.
    """

    reason: str
    advice: str = "run again later; if it repeats, check api_url, or ask CleverTap's support"
    words: str = ""
    not_found: bool = False
    not_finished: bool = False
    days_refused: bool = False


DATES_REFUSED = Refused(
    "its days are not all in the project's past",
    "check timezone and end_date, and this machine's clock",
    days_refused=True,
)

Outcome = (
    Success
    | NotReady
    | TryAgain
    | CursorLost
    | Unauthorized
    | EventUnknown
    | EventNotExportable
    | Refused
)
"""What became of a request."""

_decode = msgspec.json.Decoder(Body).decode


def read_outcome(
    status: int,
    content: bytes,
    retry_after: float | None = None,
    sent_at: float | None = None,
) -> Outcome:
    """Return the outcome of an HTTP response.

    Args:
        status: The HTTP status.
        content: The body, decompressed.
        retry_after: Seconds of the Retry-After header, if there is one.
        sent_at: Epoch seconds of the Date header, if there is one.
    """
    if status == HTTP_UNAUTHORIZED:
        return Unauthorized(ACCOUNT_REFUSED in content.lower())
    if status == HTTP_CONFLICT or (status >= HTTP_SERVER_ERROR and _has_no_result(content)):
        return Refused(f"HTTP {status}", not_finished=True)
    if status in HTTP_TRANSIENT or status >= HTTP_SERVER_ERROR:
        return TryAgain(f"HTTP {status}", retry_after, cause=_cause(status))
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own ranges
        return Refused(f"HTTP {status}, a redirect, which is not followed", "check api_url")
    try:
        body = _decode_any(content)
    except UNREADABLE_JSON:
        return _unreadable(status, content)
    outcome = _read_body(status, body, content, retry_after)
    return structs.replace(outcome, sent_at=sent_at) if isinstance(outcome, Success) else outcome


def _decode_any(content: bytes) -> Body:
    try:
        return _decode(content)
    except UNREADABLE_JSON:
        return _decode(repair_json(content))


def _has_no_result(content: bytes) -> bool:
    text = content.decode(errors="replace").lower()
    return any(part in text for part in NOT_FINISHED_TEXTS)


def _unreadable(status: int, content: bytes) -> Outcome:
    if status >= 400:  # noqa: PLR2004 - HTTP's own ranges
        return Refused(f"HTTP {status}", not_found=status == HTTP_NOT_FOUND)
    kind = "empty" if not content.strip() else "not the JSON that CleverTap's API sends"
    return _unreadable_200(f"the response is {kind}")


def _read_body(status: int, body: Body, content: bytes, retry_after: float | None) -> Outcome:
    error = str(body.error or "").lower()
    if body.code == CODE_IN_PROGRESS or status == HTTP_ACCEPTED or "still in progress" in error:
        return NotReady()
    if body.status == "fail" or status >= 400:  # noqa: PLR2004 - HTTP's own ranges
        return _read_failure(status, body, error, retry_after)
    if body.status == "success" or body.next_cursor or body.cursor or body.contentBlocks:
        return Success(body, content)
    if body.status == "partial" and isinstance(body.req_id, int | str):
        return NotReady(str(body.req_id))
    return _unreadable_200("the response has no status that CleverTap's API sends")


def _unreadable_200(reason: str) -> TryAgain:
    return TryAgain(reason, answered=False, unreadable=True)


def _read_failure(status: int, body: Body, error: str, retry_after: float | None) -> Outcome:
    code = body.code if isinstance(body.code, int) else status
    words = str(body.error or "")
    if any(text in error for text in NOT_FINISHED_TEXTS):
        return Refused(f"HTTP {status}, code {code}", words=words, not_finished=True)
    if code in {CODE_THROTTLED, HTTP_TOO_MANY_REQUESTS} or HTTP_SERVER_ERROR <= code < 600:  # noqa: PLR2004 - HTTP's own ranges
        return TryAgain(f"code {code}", retry_after, cause=_cause(code))
    if code in CURSOR_LOST_CODES or any(text in error for text in CURSOR_LOST_TEXTS):
        return CursorLost("its cursor is no longer valid")
    if "invalid event" in error:
        return EventUnknown(words)
    if "export not allowed" in error:
        return EventNotExportable()
    return _read_refusal(status, code, error, words)


def _read_refusal(status: int, code: int, error: str, words: str) -> Outcome:
    if code == HTTP_UNAUTHORIZED:
        return Unauthorized(ACCOUNT_REFUSED.decode() in error)
    if code == CODE_DATES_REFUSED:
        return structs.replace(DATES_REFUSED, words=words)
    is_text = any(text in error for text in NOT_FOUND_TEXTS)
    not_found = is_text or HTTP_NOT_FOUND in {code, status}
    return Refused(f"HTTP {status}, code {code}", words=words, not_found=not_found)


def _cause(code: int) -> Cause | None:
    return Cause.THROTTLED if code in {CODE_THROTTLED, HTTP_TOO_MANY_REQUESTS} else None
