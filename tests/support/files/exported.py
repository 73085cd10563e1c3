"""Readers of export files for tests: each uses the library of its format, and nothing of ours."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from decimal import Decimal


def unpacked(path):
    """Return the bytes of a file, unpacked if they are gzipped."""
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def json_events(content):
    """Return name and rows of a JSON file of events; decimals are `Decimal`."""
    name, *lines, last = content.decode().split("\n")
    assert not last
    return name, [json.loads(line, parse_float=Decimal) for line in lines]


def fingerprint(name, ts, object_id, props, session):
    """Return an event as text; absent, null and empty blocks are equal, numbers are not."""
    return json.dumps([name, ts, object_id, props or None, session or None], default=repr)


def of_truth(rows):
    """Return the fingerprints of the truth."""
    return Counter(
        fingerprint(*(row[key] for key in ("event_name", "ts", "object_id")), *_blocks(row))
        for row in rows
    )


def of_json(row):
    """Return the fingerprint of a row of JSON."""
    return fingerprint(
        row["eventName"],
        row["ts"],
        row["profile"]["objectId"],
        row.get("eventProps"),
        row.get("sessionProps"),
    )


def _blocks(row):
    return row["event_props"], row["session_props"]
