"""Input taken both ways, prepared by other processes and line by line, to be compared."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from target_clevertap import ahead as ahead_module
from target_clevertap import messages
from target_clevertap.ahead import Ahead
from target_clevertap.checkpoints import Checkpoints
from target_clevertap.errors import CleverTapError
from target_clevertap.intake import Intake
from target_clevertap.naming import Memory
from target_clevertap.rejects import Rejects
from target_clevertap.run import Run
from target_clevertap.summary import Summary
from target_clevertap.target import TargetCleverTap
from target_clevertap.worker import Part, Preparation, Task
from tests.support.target_process import ORDER_COLUMNS, ORDERS_RULE, USERS_RULE, schema

LANES = 3
NOBODY_WANTS = 1 << 60
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


class Kept:
    """In place of a delivery: what would be delivered, for each lane in its order."""

    def __init__(self):
        self.closed = []
        self.entries = {}
        self.refused = []
        self.checkpoints = Checkpoints(lambda _: None)

    def add(self, parcel, source):
        assert source.segment is self.checkpoints.current
        for entry in parcel.entries:
            known = (msgspec.structs.astuple(entry), source.origin.schema_line, source.insisted)
            self.entries.setdefault(parcel.lane, []).append((len(self.closed), *known))

    def refuse(self, segment, reject):
        assert segment is self.checkpoints.current
        kept = (reject.origin.schema_line, reject.raw, reject.code, reject.reason)
        self.refused.append((len(self.closed), *kept))

    def close_segment(self, state):
        self.closed.append((state, self.checkpoints.current.accepted))
        self.checkpoints.close_segment(state)

    @property
    def current(self):
        return self.checkpoints.current

    def tick(self):
        return None


class Prepared:
    """In place of the processes, with all that passes between them."""

    def __init__(self, seconds=0.0):
        self._preparation = Preparation(LANES)
        self._thread = ThreadPoolExecutor(1)
        self._seconds = seconds
        self.stretches = []
        self.answered = lambda: None

    def know(self, plans):
        told = msgspec.json.decode(msgspec.json.encode(Task(0, LANES, plans)), type=Task)
        self._thread.submit(self._preparation.know, told.plans)

    def submit(self, stretch):
        self.stretches.append(stretch)
        future = self._thread.submit(self._answer, stretch)
        future.add_done_callback(lambda _: self.answered())
        return future

    def _answer(self, stretch):
        time.sleep(self._seconds)
        parts = msgspec.msgpack.encode(self._preparation.parts(stretch))
        return msgspec.msgpack.decode(parts, type=list[Part])


@contextmanager
def read_from(content, **sizes):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "input")
        path.write_bytes(content)
        with path.open("rb") as file:
            patch.setattr(sys, "stdin", SimpleNamespace(buffer=file))
            patch.setattr(ahead_module, "FULL_BYTES", sizes.get("full", 0))
            patch.setattr(messages, "CHUNK_BYTES", sizes.get("chunk", 1 << 18))
            yield Path(folder)


def outcome(content, workers=None, *, has_ledger=True, more=None, seconds=0.0, **sizes):
    """Return all that reading some input leads to, and the message it ends with."""
    with read_from(content, **sizes) as folder:
        target = TargetCleverTap(config={**SETTINGS, **(more or {})})
        kept, summary = Kept(), Summary()
        intake = Intake(kept, kept, summary, lanes=LANES)
        workers = workers or Prepared(seconds)
        workers.answered = target.message_reader.wake
        ahead = Ahead(workers, intake)
        rejects = Rejects(str(folder / "rejects"))
        memory = Memory("0" * 16, holds_former=True, generation=lambda *_: 0, count=int)
        memory = memory if has_ledger else None
        target._run = Run(kept, intake, ahead, None, kept, rejects, None, memory, summary, None)
        target.message_reader.ahead = ahead
        message = None
        reader = target.message_reader
        try:
            reader.process_lines(
                None,
                {
                    "RECORD": target._process_record_message,
                    "SCHEMA": target._process_schema_message,
                    "STATE": target._process_state_message,
                    "ACTIVATE_VERSION": target._process_activate_version_message,
                    "BATCH": target._process_batch_message,
                },
            )
        except CleverTapError as error:
            message = type(error), error.message
        finally:
            workers._thread.shutdown()
            os.close(reader._wake_reader)
            os.close(reader._wake_writer)
        open_segment = kept.current.accepted
        counts = dict(reader._counts) if message is None else None
        return kept.entries, kept.refused, kept.closed, open_segment, counts, message


def one_by_one(content, **options):
    return outcome(content, full=NOBODY_WANTS, **options)
