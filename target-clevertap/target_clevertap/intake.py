"""Taking records in: through stream maps and rules into the delivery, or to the rejects."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MapExpressionError, MappingError

from target_clevertap.checks import RecordRefusedError
from target_clevertap.entries import Parcel, lane_of
from target_clevertap.errors import InputError, KeyMissingError, SettingError
from target_clevertap.lanes import Source
from target_clevertap.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_clevertap.checkpoints import Checkpoints
    from target_clevertap.delivery import Delivery
    from target_clevertap.streams import Branch, Stream
    from target_clevertap.worker import Part

TRANSFORM_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a stream map's expression raises on a value it was not written for."""


@contextmanager
def map_faults_told() -> Iterator[None]:
    """Say what the SDK raises for stream maps that cannot work.

    Raises:
        SettingError: In place of it.
    """
    try:
        yield
    except (MappingError, MemoryError, RecursionError, *TRANSFORM_FAULTS) as error:
        message = f"stream_maps: {str(error) or type(error).__name__}"
        raise SettingError(message) from None


class Intake:
    """Makes entries of records."""

    def __init__(self, delivery: Delivery, checkpoints: Checkpoints, *, lanes: int) -> None:
        """Take nothing yet.

        Args:
            delivery: Gets what can be sent.
            checkpoints: Knows the open segment.
            lanes: How many there are.
        """
        self._delivery = delivery
        self._checkpoints = checkpoints
        self._lanes = lanes

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
                self._take(branch, mapped, message)

    def take_prepared(self, streams: Mapping[str, Stream], part: Part) -> None:
        """Take what another process made of plain records.

        Args:
            streams: By name, those of the part among them.
            part: Of the input.
        """
        segment = self._checkpoints.current
        segment.accepted += len(part.refusals) + sum(len(each.entries) for each in part.parcels)
        for refusal in part.refusals:
            origin = streams[refusal.stream].branches[0].origin
            reject = Reject(origin, refusal.raw, refusal.code, refusal.reason)
            self._delivery.refuse(segment, reject)
        for parcel in part.parcels:
            origin = streams[parcel.stream].branches[0].origin
            self._delivery.add(parcel, Source(origin, segment))

    def _take(self, branch: Branch, record: dict[str, Any], message: Mapping[str, Any]) -> None:
        segment = self._checkpoints.current
        segment.accepted += 1
        raw = bytes(message["raw"])
        try:
            entry = branch.recipe.entry(record, raw, message["record"])
        except RecordRefusedError as refusal:
            reject = Reject(branch.origin, raw, refusal.code, refusal.reason)
            self._delivery.refuse(segment, reject)
            return
        parcel = Parcel(lane_of(entry.user, self._lanes), branch.origin.stream)
        parcel.add(entry)
        self._delivery.add(parcel, Source(branch.origin, segment, message["replayed"]))


def _check_keys(
    branch: Branch, record: Mapping[str, Any], stream: Stream, line_number: int
) -> None:
    key = branch.recipe.missing_key(record)
    if key is not None:
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
    except (RecursionError, *TRANSFORM_FAULTS) as error:
        # the error's text may hold the value it stumbled upon
        fault = f"a stream map of {stream.origin.stream} fails in line {line_number} of the input"
        fault = f"{fault} ({type(error).__name__})"
    raise InputError(fault) from None
