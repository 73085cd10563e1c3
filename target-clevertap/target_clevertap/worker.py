"""The process that makes entries of whole lines, one stretch of the input after another.

It reads Tasks, each a line of JSON with a stretch after it, and answers each with its Parts in
MessagePack, their length before them. Where its input ends, so does the process.

It imports neither the SDK nor an HTTP client, which would take more memory than all it does.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import msgspec

from target_clevertap.checks import RecordRefusedError
from target_clevertap.entries import Parcel, lane_of
from target_clevertap.lines import UNREADABLE, Line, decode_line, decode_value
from target_clevertap.recipes import Plan, Recipe, mapping_of

LENGTH_BYTES = 8
NICENESS = 5
"""Requests come first: a stretch that waits for the processor holds up no other."""

encode = msgspec.msgpack.Encoder().encode


class Refusal(msgspec.Struct, array_like=True, gc=False):
    """A record that is not sent, and why."""

    stream: str
    code: int | str
    reason: str
    raw: bytes


class Part(msgspec.Struct, array_like=True):
    """What became of some lines that follow each other."""

    is_odd: bool
    """Whether the reading thread has to take them one by one: all but plain records."""

    lines: int = 0
    length: int = 0
    """In bytes, line ends included."""

    parcels: list[Parcel] = []
    refusals: list[Refusal] = []
    deleted: int = 0
    """Rows that were deleted at the source, which are not sent."""

    left_out: list[tuple[str, str]] = []
    """Streams and columns of them that records hold and the SCHEMA forbids."""


class Task(msgspec.Struct, frozen=True):
    """A stretch of the input, whose bytes come after it."""

    length: int
    lanes: int
    plans: list[Plan] | None = None
    """Of the streams known by now; None where they are as they were."""


class Preparation:
    """Makes entries of the records of known streams, and passes over all other lines."""

    def __init__(self, lanes: int) -> None:
        """Know no stream yet.

        Args:
            lanes: How many there are.
        """
        self._lanes = lanes
        self._recipes: dict[str | None, Recipe] = {}
        self._parts: list[Part] = []
        self._parcels: dict[int, Parcel] = {}

    def know(self, plans: list[Plan]) -> None:
        """Make entries by these plans from now on, and by no others."""
        self._recipes = {}
        for plan in plans:
            mapping = mapping_of(plan.rule, plan.columns)
            if mapping is not None:
                self._recipes[plan.stream] = Recipe(plan, mapping)

    def parts(self, stretch: bytes) -> list[Part]:
        """Return what becomes of whole lines, in their order.

        Args:
            stretch: The lines; the last one may lack its end.
        """
        self._parts = []
        lines = stretch.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            is_odd = not self._take(line)
            part = self._part(is_odd=is_odd)
            part.lines += 1
            part.length += len(line) + 1
        self._add_left_out()
        return self._parts

    def _add_left_out(self) -> None:
        left_out = [
            (recipe.plan.stream, column)
            for recipe in self._recipes.values()
            for column in recipe.left_out
        ]
        for part in self._parts:
            if left_out and not part.is_odd:
                part.left_out = left_out
                return

    def _part(self, *, is_odd: bool) -> Part:
        if not self._parts or self._parts[-1].is_odd is not is_odd:
            self._parts.append(Part(is_odd, parcels=[], refusals=[], left_out=[]))
            self._parcels.clear()
        return self._parts[-1]

    def _take(self, line: bytes) -> bool:
        try:
            message = decode_line(line)
            recipe = self._recipes.get(message.stream)
            if recipe is None or message.type != "RECORD" or message.code:
                return False
            record = decode_value(message.record)
        except UNREADABLE:
            return False
        return isinstance(record, dict) and self._take_record(recipe, message, record)

    def _take_record(self, recipe: Recipe, message: Line, record: dict[str, Any]) -> bool:
        if recipe.is_deleted(record):
            self._part(is_odd=False).deleted += 1
            return True
        if recipe.missing_key(record) is not None:
            return False
        try:
            self._prepare(recipe, message, record)
        except Exception:  # noqa: BLE001 - the reading thread meets it again, and can say it
            return False
        return True

    def _prepare(self, recipe: Recipe, message: Line, record: dict[str, Any]) -> None:
        raw, stream = bytes(message.record), recipe.plan.stream
        try:
            entry = recipe.entry(record, raw)
        except RecordRefusedError as refusal:
            refused = Refusal(stream, refusal.code, refusal.reason, raw)
            self._part(is_odd=False).refusals.append(refused)
            return
        part = self._part(is_odd=False)
        lane = lane_of(entry.user, self._lanes)
        parcel = self._parcels.get(lane)
        if parcel is None or parcel.stream != stream:
            parcel = self._parcels[lane] = Parcel(lane, stream, [])
            part.parcels.append(parcel)
        parcel.add(entry)


def main() -> None:
    """Prepare stretches until the input ends."""
    os.nice(NICENESS)
    gc.disable()  # entries make no cycles, and collecting would walk over all of them
    if sys.version_info < (3, 11):  # as the SDK does in the process that reads
        importlib.import_module(
            "backports.datetime_fromisoformat"
        ).MonkeyPatch.patch_fromisoformat()
    tasks, preparation = sys.stdin.buffer, None
    decode_task = msgspec.json.Decoder(Task).decode
    for line in tasks:
        if not line.endswith(b"\n"):
            return  # the target ended while it wrote
        task = decode_task(line)
        stretch = tasks.read(task.length)
        if len(stretch) < task.length:
            return
        preparation = preparation or Preparation(task.lanes)
        if task.plans is not None:
            preparation.know(task.plans)
        _answer(encode(preparation.parts(stretch)))


def _answer(parts: bytes) -> None:
    answers = sys.stdout.buffer
    try:
        answers.write(len(parts).to_bytes(LENGTH_BYTES, "big"))
        answers.write(parts)
        answers.flush()
    except BrokenPipeError:
        os._exit(0)  # the run is over
