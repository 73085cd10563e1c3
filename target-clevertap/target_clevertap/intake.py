"""Taking records in: through stream maps and rules into the delivery, or to the rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MapExpressionError

from target_clevertap import values
from target_clevertap.checks import RecordRefusedError
from target_clevertap.client import ENVELOPE_BYTES
from target_clevertap.errors import InputError, KeyMissingError
from target_clevertap.lanes import Entry
from target_clevertap.ledger import record_name
from target_clevertap.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.checkpoints import Checkpoints
    from target_clevertap.checks import Code
    from target_clevertap.delivery import Delivery
    from target_clevertap.mapping import Mapped
    from target_clevertap.streams import Branch, Stream

TRANSFORM_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a stream map's expression raises on a value it was not written for."""


UNENCODABLE: dict[type[Exception], tuple[Code, str]] = {
    UnicodeEncodeError: ("text_invalid", "a text holds half of a surrogate pair"),
    RecursionError: ("too_deep", "a value is nested too deeply"),
}


class Intake:
    """Makes entries of records."""

    def __init__(
        self,
        delivery: Delivery,
        checkpoints: Checkpoints,
        *,
        request_bytes: int,
        has_ledger: bool,
    ) -> None:
        """Take nothing yet.

        Args:
            delivery: Gets what can be sent.
            checkpoints: Knows the open segment.
            request_bytes: Bytes in a request at most.
            has_ledger: Whether records need names.
        """
        self._delivery = delivery
        self._checkpoints = checkpoints
        self._record_bytes = request_bytes - ENVELOPE_BYTES - 1
        self._has_ledger = has_ledger

    def take(self, stream: Stream, message: Mapping[str, Any], line_number: int) -> None:
        """Take a RECORD message.

        Raises:
            InputError: When it holds no record, or a stream map fails on it.
        """
        record = message["record"]
        if not isinstance(record, dict):
            fault = f"the RECORD in line {line_number} of the input holds no record"
            raise InputError(fault)
        for branch in stream.ways(message):
            mapped = _transformed(stream, branch, record, line_number)
            if mapped is not None:
                _check_keys(branch, mapped, stream, line_number)
                self._take(stream, branch, mapped, message)

    def _take(
        self, stream: Stream, branch: Branch, record: dict[str, Any], message: Mapping[str, Any]
    ) -> None:
        segment = self._checkpoints.current
        segment.accepted += 1
        raw = bytes(message["raw"])
        try:
            mapped = branch.map(record)
            payload = self._encoded(mapped)
            name = self._name(stream, branch, record, mapped, payload)
        except RecordRefusedError as refusal:
            reject = Reject(branch.origin, raw, refusal.code, refusal.reason)
            self._delivery.refuse(segment, reject)
            return
        except (UnicodeEncodeError, RecursionError) as error:
            code, reason = UNENCODABLE[type(error)]
            self._delivery.refuse(segment, Reject(branch.origin, raw, code, reason))
            return
        entry = Entry(
            payload=payload,
            user=mapped.user,
            counts_again=mapped.counts_again,
            name=name,
            insisted=message["replayed"],
            segment=segment,
            origin=branch.origin,
            raw=raw,
        )
        self._delivery.add(entry)

    def _encoded(self, mapped: Mapped) -> bytes:
        payload = values.encode(mapped.body)
        if len(payload) > self._record_bytes:
            code, reason = "too_large", f"{len(payload)} bytes, more than max_request_bytes allows"
            raise RecordRefusedError(code, reason)
        return payload

    def _name(
        self,
        stream: Stream,
        branch: Branch,
        record: Mapping[str, Any],
        mapped: Mapped,
        payload: bytes,
    ) -> bytes | None:
        if not self._has_ledger or not mapped.counts_again:
            return None
        keys = values.encode([record[key] for key in branch.keys])
        return record_name(stream.origin.stream, keys, payload)


def _check_keys(
    branch: Branch, record: Mapping[str, Any], stream: Stream, line_number: int
) -> None:
    for key in branch.keys:
        if key not in record:
            fault = (
                f"the RECORD in line {line_number} of the input lacks `{key}`, which is in the key "
                f"of stream {stream.origin.stream}; the tap has to send it"
            )
            raise KeyMissingError(fault)


def _transformed(
    stream: Stream, branch: Branch, record: dict[str, Any], line_number: int
) -> dict[str, Any] | None:
    try:
        return branch.transform(record)
    except MapExpressionError as error:
        fault = f"the stream map of {stream.origin.stream} fails in line {line_number}: {error}"
    except TRANSFORM_FAULTS as error:
        # the error's text may hold the value it stumbled upon
        fault = f"a stream map of {stream.origin.stream} fails in line {line_number} of the input"
        fault = f"{fault} ({type(error).__name__})"
    raise InputError(fault) from None
