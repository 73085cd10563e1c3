"""Reads input both ways to compare: plain records many at once, and each record alone."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from target_clevertap.delivery.checkpoints import Checkpoints
from target_clevertap.delivery.summary import Summary
from target_clevertap.errors import CleverTapError
from target_clevertap.ledger.naming import LedgerFacts
from target_clevertap.records import entry_builder
from target_clevertap.records.entries import lane_of
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.replay import Replay
from target_clevertap.run import Run
from target_clevertap.singer import reader as reader_module
from target_clevertap.singer.record_handler import RecordHandler
from target_clevertap.target import TargetCleverTap
from tests.support.target_process import ORDER_COLUMNS, ORDERS_RULE, USERS_RULE, schema

LANES = 3
SETTINGS = {
    "account_id": "a",
    "passcode": "p",
    "max_request_bytes": 3000,
    "streams": {
        "orders": {**ORDERS_RULE, "properties": {"Total": "total"}},
        "users": {**USERS_RULE, "operations": {"points": "$incr"}},
        "devices": {"type": "profile", "identity": "id", "identity_type": "objectId"},
    },
}
USERS = {"email": {}, "plan": {}, "points": {}, "born": {"format": "date"}}
SCHEMAS = [
    schema("orders", ORDER_COLUMNS),
    schema("users", USERS, keys=["email"]),
    schema("devices", {"id": {}, "at": {"type": "string"}}, keys=["id"]),
    schema("devices", {"id": {}, "at": {"type": "string", "format": "date-time"}}, keys=["id"]),
]


class RecordedDelivery:
    """Records what a delivery gets: the entries of each lane in order, refusals and states."""

    def __init__(self):
        self.closed = []
        self.entries = {}
        self.refused = []
        self.checkpoints = Checkpoints(lambda _: None)

    def add(self, entry, source):
        assert source.segment is self.checkpoints.current
        known = (msgspec.structs.astuple(entry), source.origin.schema_line, source.is_replay)
        lane = lane_of(entry.user, LANES)
        self.entries.setdefault(lane, []).append((len(self.closed), *known))

    def add_all(self, entries, source):
        for entry in entries:
            self.add(entry, source)

    def refuse(self, segment, reject):
        assert segment is self.checkpoints.current
        kept = (reject.origin.schema_line, reject.raw, reject.status.code, reject.status.reason)
        self.refused.append((len(self.closed), *kept))

    def close_segment(self, state):
        self.closed.append((state, self.checkpoints.current.accepted))
        self.checkpoints.close_segment(state)

    @property
    def current(self):
        return self.checkpoints.current

    def tick(self):
        pass

    def seconds_until_due(self):
        return None


@contextmanager
def read_from(content, chunk):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "input")
        path.write_bytes(content)
        with path.open("rb") as file:
            patch.setattr(sys, "stdin", SimpleNamespace(buffer=file))
            patch.setattr(reader_module, "CHUNK_BYTES", chunk)
            yield Path(folder), patch


def counted(reader):
    """Return the kinds of all messages that the reader will have handed over."""
    counts = Counter()
    chunks = reader.chunks

    def counted_chunks(patience):
        for messages in chunks(patience):
            counts.update(message.type for message in messages or ())
            yield messages

    reader.chunks = counted_chunks
    return counts


def outcome(content, *, at_once=True, has_ledger=True, more=None, chunk=1 << 18):
    """Return the entries, refusals, states and counts of some input, and the error it ends with."""
    with read_from(content, chunk) as (folder, patch):
        patch.setattr(entry_builder, "FEW", 1)
        if not at_once:
            patch.setattr(reader_module, "decode_lines", lambda _: None)
            patch.setattr(
                RecordHandler, "take_plain", lambda _intake, _stream, _messages, taken: taken
            )
        target = TargetCleverTap(config={**SETTINGS, **(more or {})})
        delivery, summary = RecordedDelivery(), Summary()
        intake = RecordHandler(delivery, delivery, summary)
        rejects = RejectsFile.at(str(folder / "rejects"))
        facts = LedgerFacts("0" * 16, holds_former=True, generation=lambda *_: 0, count=int)
        facts = facts if has_ledger else None
        target._run = Run(
            delivery, intake, delivery, rejects, Replay(rejects), None, facts, summary, None
        )
        counts, message = None, None
        reader = target.message_reader
        try:
            taken = counted(reader)
            target._take_all(None)
            counts = dict(taken)
        except CleverTapError as error:
            message = type(error), error.message
        finally:
            os.close(reader._wake_reader)
            os.close(reader._wake_writer)
        return (
            delivery.entries,
            delivery.refused,
            delivery.closed,
            delivery.current.accepted,
            counts,
            message,
        )


def one_by_one(content, **options):
    return outcome(content, at_once=False, **options)
