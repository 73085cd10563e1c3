"""What a response to an upload means: for its request as a whole, and for each of its records.

`read_outcome` sorts a response into one of four outcomes of the request. Where CleverTap answered
for the records one by one, `read_statuses` says what became of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from target_clevertap.api.sent_records import SentRecords
from target_clevertap.errors import UploadStopped
from target_clevertap.records.record_status import DELIVERED, RecordStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

THROTTLED_CODE = 1
"""What a 200 may hold instead of a 429 [CSVD]."""

RECORD_NUMBER = re.compile(r"\s*Skipped record number\s*:\s*(\d{1,9})(?!\d)\s*")
UNMATCHED = RecordStatus.held(
    "unmatched", "CleverTap's response does not say whether it took this record"
)


@dataclass(frozen=True, slots=True)
class Answered:
    """CleverTap answered for the records one by one."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotProcessed:
    """Certainly no record was processed; the request may be sent again."""

    reason: str
    throttled: bool = False
    """Whether there were too many requests at once."""

    retry_after: float | None = None
    """Seconds the server named."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """CleverTap may have processed the records."""

    reason: str
    readable: bool = True
    """False for a 200 that is not a response of CleverTap's, as a wrong host gives."""

    retry_after: float | None = None
    """Seconds the server named."""


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """Certainly no record was processed, because of what is in the request: maybe one record."""

    code: str
    reason: str


Outcome: TypeAlias = Answered | NotProcessed | Unknown | RequestRefused


def read_outcome(
    status: int, content: bytes | None, retry_after: float | None, host: str
) -> Outcome:
    """Return what became of a request as a whole, section 5.3 of the API notes.

    Args:
        status: The HTTP status.
        content: The body, unpacked; None where it is larger than any answer.
        retry_after: Seconds of a Retry-After header, if there was one.
        host: Who answered, for advice.

    Raises:
        UploadStopped: When no other request would fare better.
    """
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _by_status(status, retry_after, host)
    body = _answer_in(content)
    if isinstance(body, Unknown):
        return body
    code = body.get("code")
    if body["status"] == "fail" and not body.get("unprocessed") and isinstance(code, int):
        # a failure of the whole request may come as HTTP 200 [LEA, CSVD]
        return _by_status(code, retry_after, host)
    if body["status"] == "fail" and not {"processed", "unprocessed"}.intersection(body):
        return Unknown("it is a failure without a code", readable=False)
    return Answered(body)


def _by_status(status: int, retry_after: float | None, host: str) -> Outcome:
    if status in {HTTPStatus.TOO_MANY_REQUESTS, THROTTLED_CODE}:
        return NotProcessed("too many requests in flight", throttled=True, retry_after=retry_after)
    if status == HTTPStatus.BAD_REQUEST:
        return RequestRefused("malformed", "CleverTap answered 400, malformed request")
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return RequestRefused("too_large", "CleverTap answered 413, request too large")
    if (
        status == HTTPStatus.REQUEST_TIMEOUT
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or status < HTTPStatus.MULTIPLE_CHOICES
    ):
        return Unknown(f"status {status}", retry_after=retry_after)
    raise UploadStopped(_advice(status, host))


def _answer_in(content: bytes | None) -> dict[str, Any] | Unknown:
    if content is None:
        return Unknown("it has more than 32 MB", readable=False)
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unknown("it is not JSON", readable=False)
    return body if _is_answer(body) else Unknown("it has another shape", readable=False)


def _advice(status: int, host: str) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return (
            f"{host}: it refuses the credentials (401); check account_id, passcode and region: "
            "another region refuses a right passcode too"
        )
    if status == HTTPStatus.FORBIDDEN:
        return (
            f"{host}: it does not allow this account to upload (403); check the passcode's rights"
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"{host}: it redirects elsewhere ({status}), which is not followed; check api_url"
    return f"{host}: it does not take uploads (HTTP status {status}); check region and api_url"


def _is_answer(body: Any) -> bool:  # noqa: ANN401 - whatever JSON a 200 holds
    if not isinstance(body, dict) or body.get("status") not in ("success", "partial", "fail"):
        return False
    numbers = (body.get("processed"), body.get("code"))
    return isinstance(body.get("unprocessed"), list | None) and not any(
        isinstance(number, bool) for number in numbers
    )


def read_statuses(body: Mapping[str, Any], payloads: Sequence[bytes]) -> list[RecordStatus]:
    """Return what became of each record of a request, in their order.

    Args:
        body: Of an `Answered` request.
        payloads: The encoded records, in the order of the request.
    """
    items = [item for item in body.get("unprocessed") or () if isinstance(item, dict)]
    processed = body.get("processed")
    if not items and body.get("status") == "success" and processed in (None, len(payloads)):
        return [DELIVERED] * len(payloads)
    named, strays = _named(items, payloads)
    rest = len(payloads) - len(named)
    is_accounted_for = isinstance(processed, int) and processed >= rest and not strays
    others = DELIVERED if is_accounted_for else UNMATCHED
    return [named.get(place, others) for place in range(len(payloads))]


def _named(
    items: Iterable[Mapping[str, Any]], payloads: Sequence[bytes]
) -> tuple[dict[int, RecordStatus], int]:
    """Return the refused records by place, and how many items belong to no certain place."""
    sent = SentRecords(payloads)
    named: dict[int, RecordStatus] = {}
    strays = 0
    for item in items:
        text = str(item.get("error") or "")
        place = sent.place(_number(text), item.get("record"), taken=named)
        if place is None:
            strays += 1
            continue
        code = item.get("code")
        known = code if isinstance(code, int) and not isinstance(code, bool) else "unknown"
        reason = RECORD_NUMBER.sub(" ", text).strip() or "CleverTap gave no reason"
        named[place] = RecordStatus.refused(known, reason)
    return named, strays


def _number(text: str) -> int | None:
    found = RECORD_NUMBER.search(text)
    return int(found[1]) if found else None
