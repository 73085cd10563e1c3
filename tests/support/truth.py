"""What the emulator holds, and what reached the other end, made comparable."""

from __future__ import annotations

import json
from decimal import Decimal

EVENT_FIELDS = ("event_name", "ts", "object_id", "identity", "event_props", "session_props")


def event_fingerprint(row):
    """Return an event as text: equal for equal events, wherever they are."""
    picked = [row.get(name) for name in EVENT_FIELDS]
    # Absent, null and empty blocks are one to a key; the truth may hold any of them.
    picked[4:] = [_spelled_alike(block) if block else None for block in picked[4:]]
    picked[2:4] = [None if each is None else str(each) for each in picked[2:4]]
    return json.dumps(picked, sort_keys=True)


def person(row):
    """Return whom a profile is of: the identity, and all object ids."""
    return (row["identity"], *sorted(row["object_ids"]))


def _spelled_alike(value):
    """Write numbers in one way: some databases give 1e+21 back as 1000000000000000000000."""
    if isinstance(value, dict):
        return {key: _spelled_alike(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_spelled_alike(each) for each in value]
    if isinstance(value, (float, Decimal)):
        return int(value) if value == int(value) else float(value)
    return value
