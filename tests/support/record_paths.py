"""The paths that a record can take through the target: a test runs on each of them."""

from __future__ import annotations

import gzip
import json
from itertools import groupby

from tests.support.target_process import lines, record, schema

FILLING = 500
"""Records of another stream, so that many lines are decoded at once."""

PATHS = ("one by one", "many at once", "stream maps", "lenient JSON", "batch files", "replayed")

MESSAGE_PATHS = tuple(path for path in PATHS if path != "batch files")
"""Those of RECORD messages: of a batch file, only columns that the SCHEMA lists are sent."""


def sent_by(path, target, schemas, records, **settings):
    """Run the target with records that take one path, and return the finished run.

    Args:
        path: One of PATHS.
        target: The process to start.
        schemas: The SCHEMA messages, all of them first.
        records: The RECORD messages.
        settings: The target's, `streams` among them.
    """
    messages = [*schemas, *records]
    if path == "many at once":
        filling = [record("filling", id=number, note="x" * 60) for number in range(1, FILLING)]
        messages = [*schemas, schema("filling", {"id": {}, "note": {}}), *records, *filling]
        filler = {"type": "profile", "identity": "id", "others": "drop"}
        settings["streams"] = {**settings["streams"], "filling": filler}
    if path == "stream maps":
        settings["stream_maps"] = {each["stream"]: {"__filter__": "True"} for each in schemas}
    if path == "lenient JSON":
        messages = [*schemas, *map(_leniently, records)]
    if path == "batch files":
        messages = [*schemas, *batches(target.folder, records)]
    if path == "replayed":
        rejected = {"code": "identity_missing", "rejected_at": "2026-01-01T00:00:00+00:00"}
        target.rejects.write_bytes(lines([*schemas, *({**each, **rejected} for each in records)]))
        finished = target.replay(**settings)
    else:
        finished = target.run(messages, **settings)
    assert "Traceback" not in finished.log
    return finished


def delivered(target):
    """Return the delivered records, without those of the filling stream."""
    return [each for each in target.delivered() if each.get("profileData") != {}]


def batches(folder, records):
    """Return BATCH messages for records, with a file for each run of records of a stream."""
    found = []
    for number, (stream, group) in enumerate(groupby(records, lambda each: each["stream"])):
        path = folder / f"batch-{number}.json.gz"
        path.write_bytes(gzip.compress(lines(each["record"] for each in group)))
        found.append(batch(stream, path))
    return found


def batch(stream, *paths, compression="gzip", **encoding):
    """Return a BATCH message as the SDK's taps write it."""
    return {
        "type": "BATCH",
        "stream": stream,
        "encoding": {"format": "jsonl", "compression": compression, **encoding},
        "manifest": [each if isinstance(each, str) else each.as_uri() for each in paths],
    }


def _leniently(message):
    """Return a record as a line that msgspec does not read, by a column that is never sent."""
    text = json.dumps({**message, "record": {**message["record"], "_sdc_odd": 0}})
    return text.replace('"_sdc_odd": 0', '"_sdc_odd": NaN').encode() + b"\n"
