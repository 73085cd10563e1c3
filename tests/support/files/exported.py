"""Readers of export files for tests: each uses the library of its format, and nothing of ours.

They give rows as the emulator's truth has them, without the files they are in.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

OF_USER = ("identity", "all_identities", "name", "email", "phone", "platform", "push_token")
MEMBERS = [f"member{number}" for number in range(7)]


def unpacked(path):
    """Return the bytes of a file, unpacked if they are gzipped."""
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def spelled(row):
    """Return a row as text: equal for equal rows, whatever the order of members.

    Absent, null and empty blocks are equal; a number differs from another spelling of it.
    """
    kept = {name: value for name, value in row.items() if name not in {"files", "kind"}}
    for block in ("event_props", "session_props"):
        kept[block] = kept.get(block) or None
    return json.dumps(kept, sort_keys=True, default=repr)


def counted(rows):
    """Return how often each row is there."""
    return Counter(map(spelled, rows))


def json_events(content):
    """Return the rows of a JSON file of events; decimals are `Decimal`."""
    name, *lines, last = content.decode().split("\n")
    assert not last
    rows = [json.loads(line, parse_float=Decimal) for line in lines]
    assert {row["eventName"] for row in rows} == {name}
    return [nested(row) for row in rows]


def message_events(content):
    """Return the rows of EventBridge messages, whatever is between them."""
    decoder, text, at, rows = json.JSONDecoder(parse_float=Decimal), content.decode(), 0, []
    while at < len(text):
        message, at = decoder.raw_decode(text, at)
        at += text[at : at + 1] == "\n"
        assert message["time"].endswith("Z")
        rows.append(nested(message["detail"]))
    return rows


def nested(row):
    """Return a row of JSON as the truth has it."""
    profile = row["profile"]
    return {
        "event_name": row["eventName"],
        "ts": row["ts"],
        "object_id": profile["objectId"],
        **{name: profile.get(name) for name in OF_USER},
        "device": row["deviceInfo"],
        "control_group": row.get("controlGroupName"),
        "event_props": row.get("eventProps"),
        "session_props": row.get("sessionProps"),
    }


def csv_events(content):
    """Return the rows of a CSV file of events."""
    return [
        _of_texts({name: text for name, text in row.items() if text})
        for row in csv.DictReader(io.StringIO(content.decode(), newline=""))
    ]


def _of_texts(cells):
    def block(prefix):
        return {n.removeprefix(prefix): text for n, text in cells.items() if n.startswith(prefix)}

    device = block("deviceInfo.")
    dimensions = {name: device.pop(f"dimensions.{name}", None) for name in _DIMENSIONS}
    if dimensions["unit"]:
        device["dimensions"] = dimensions
    profile = block("profile.")
    return {
        "event_name": cells["eventName"],
        "ts": int(cells["ts"]),
        "object_id": profile["objectId"],
        **{name: profile.get(name) for name in OF_USER},
        "all_identities": listed(profile.get("all_identities")),
        "device": device,
        "control_group": cells.get("controlGroupName"),
        "event_props": block("eventProps."),
        "session_props": block("sessionProps."),
    }


_DIMENSIONS = ("width", "height", "unit")


def listed(text):
    """Return the identities in a text with a list: JSON, or without quotes."""
    if text is None:
        return None
    return json.loads(text) if text.startswith('["') else text[1:-1].split(", ")


def xml_events(content):
    """Return the rows of an XML file of events."""
    return [_of_element(each) for each in ET.fromstring(content)]  # noqa: S314 - ours


def _of_element(event):
    def entries(name):
        found = event.find(name)
        if found is None:
            return None
        return {entry.findtext("key"): entry.findtext("value") for entry in found}

    profile = {child.tag: child.text for child in event.find("profile")}
    device = {child.tag: child.text for child in event.find("deviceInfo")}
    if "dimensions" in device:
        dimensions = event.find("deviceInfo/dimensions")
        device["dimensions"] = {child.tag: child.text for child in dimensions}
    return {
        "event_name": event.findtext("eventName"),
        "ts": int(event.findtext("ts")),
        "object_id": profile["objectId"],
        **{name: profile.get(name) for name in OF_USER},
        "all_identities": listed(profile.get("all_identities")),
        "device": device,
        "control_group": event.findtext("controlGroupName"),
        "event_props": entries("eventProps"),
        "session_props": entries("sessionProps"),
    }


def parquet_rows(content):
    """Return the rows of a Parquet file, its maps as they are."""
    import pyarrow.parquet  # noqa: PLC0415 - slow to load, and an extra

    return pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()


def parquet_events(content, zone):
    """Return the rows of a Parquet file of events."""
    return [_of_maps(row, ZoneInfo(zone)) for row in parquet_rows(content)]


def _of_maps(row, zone):
    identity, device, profile = (
        members(row[name]) for name in ("identity", "deviceInfo", "profile")
    )
    stamp = row.get("ts")
    if stamp is None:
        moment = datetime.fromtimestamp(int(row["eventTime"]), zone)
        stamp = int(moment.strftime("%Y%m%d%H%M%S"))
    return {
        "event_name": row["eventName"],
        "ts": stamp,
        "object_id": identity["clevertapId"],
        "identity": identity.get("identity"),
        "all_identities": identity.get("all_identities"),
        **{name: profile.get(name) for name in ("name", "email", "phone")},
        "platform": device.pop("platform", None),
        "push_token": device.pop("token", None),
        "device": device,
        "control_group": row["controlGroupName"],
        "event_props": members(row["eventProps"]),
        "session_props": members(row.get("sessionProps")),
    }


def members(block):
    """Return names and values of a map of structs, or of a list of pairs."""
    if block is None:
        return None
    pairs = (pair if isinstance(pair, tuple) else (pair["key"], pair["value"]) for pair in block)
    return {name: _member(value) for name, value in pairs}


def _member(value):
    if value is None:
        return None
    ((member, held),) = ((m, value[m]) for m in MEMBERS if value.get(m) is not None)
    if member == "member3" and isinstance(held, float):
        return Decimal(repr(float(f"{held:.7g}")))
    if isinstance(held, float):
        return Decimal(repr(held))
    return dict(held) if member == "member6" else held
