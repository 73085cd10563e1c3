"""Rows of a failure CSV as records of streams that need no rule: those of tap-clevertap's form."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.records.record_status import RecordStatus
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.records.record_status import Code
    from target_clevertap.rejects.failure_csv import FailureCsv, FailureRow
    from target_clevertap.rejects.failure_types import FailureTypes

OPERATION = ".operation"
UNIX = "<Unix>"
"""Ends the header of a date in the dashboard's files [OLD:csv-upload]."""

LIST_OPERATIONS = ("$add", "$remove", "$set")
USER_KEYS = {
    **dict.fromkeys(("identity",), "identity"),
    **dict.fromkeys(("objectId", "guid"), "object_id"),
    **dict.fromkeys(("FBID", "fbId", "fbid"), "FBID"),
    **dict.fromkeys(("GPID", "gpId", "gpid"), "GPID"),
}
OTHER_NAMES = {"MSG-dndSMS": "MSG-dndPhone"}
"""Properties that the import of files spells otherwise than the API [U:imports-via-sftp]."""

EVENTS, PROFILES = "imported_events", "imported_profiles"
KEYS = {EVENTS: "event_key", PROFILES: "profile_key"}
CODE = "import_failed"
CODES: dict[str, Code] = {
    "atleast one of identity": 523,
    "event name is mandatory": 509,
    "event name belongs to clevertap restricted": 513,
    "cannot have more than 100 event properties": 522,
    "profile operation must be one of": "operation_invalid",
}
"""How the documented descriptions begin, and the codes that mean the same."""

_CODE = re.compile(r"ErrorCode: (5\d\d)")
_EPOCH = re.compile(r"\d{1,11}", re.ASCII)
_OBJECT, _TEXT = {"type": ["object", "null"]}, {"type": ["string", "null"]}
_ID = {"type": ["string", "null"]}
_COLUMNS: dict[str, dict[str, Any]] = {
    EVENTS: {
        "event_key": {"type": "string"},
        "event_name": _TEXT,
        "event_time": {"type": ["string", "null"], "format": "date-time"},
        **dict.fromkeys(("object_id", "identity", "FBID", "GPID"), _ID),
        "event_props": _OBJECT,
    },
    PROFILES: {
        "profile_key": {"type": "string"},
        "object_ids": {"type": ["array", "null"], "items": {"type": "string"}},
        **dict.fromkeys(("identity", "FBID", "GPID"), _ID),
        "profile_data": _OBJECT,
        "seen_through": _TEXT,
    },
}


def origin_of(stream: str) -> Origin:
    """Return the stream of imported rejects, with its SCHEMA line."""
    message = {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": _COLUMNS[stream]},
        "key_properties": [KEYS[stream]],
        "bookmark_properties": ["event_time"] if stream == EVENTS else [],
    }
    return Origin(stream, msgspec.json.encode(message))


class FailureRecords:
    """Makes rejects of the rows of one file."""

    def __init__(self, file: FailureCsv, types: FailureTypes, now: dt.datetime) -> None:
        """Look at the header.

        Args:
            file: The CSV.
            types: What its columns mean.
            now: The time of events that have none: CleverTap would have taken that of arrival.
        """
        self._digest = file.digest
        self._types = types
        self._now = now
        self._columns = [types.names.get(each, _without_format(each)) for each in file.columns]
        self._headers = file.columns
        is_event = types.kind == "event" if types.kind else "evtName" in self._columns
        self.origin = origin_of(EVENTS if is_event else PROFILES)
        self._operations = {
            place: file.columns.index(header + OPERATION)
            for place, header in enumerate(file.columns)
            if not is_event and header + OPERATION in file.columns
        }

    @property
    def key_column(self) -> str:
        """The column with the key of each record."""
        return KEYS[self.origin.stream]

    def key(self, row: FailureRow) -> str:
        """Return the key of a row: its place in a file of these bytes."""
        digest = hashlib.sha256(self._digest + row.number.to_bytes(8, "big"))
        return digest.hexdigest()[:32]

    def reject(self, row: FailureRow) -> Reject:
        """Return a row as a reject."""
        user: dict[str, str] = {}
        fields: dict[str, str] = {}
        properties: dict[str, object] = {}
        for place, name in enumerate(self._columns):
            text = row.cells[place]
            if place in self._operations.values():
                continue
            if name in USER_KEYS or (name in {"ts", "evtName"} and self._is_event):
                if text:
                    (user if name in USER_KEYS else fields)[USER_KEYS.get(name, name)] = text
            else:
                known = name if self._is_event else OTHER_NAMES.get(name, name)
                properties |= self._property(row.cells, place, known)
        make = self._event if self._is_event else self._profile
        record = {self.key_column: self.key(row), **make(user, fields, properties)}
        reason = row.description.strip() or "CleverTap gave no reason"
        status = RecordStatus.refused(_code_of(reason), reason)
        return Reject(self.origin, msgspec.json.encode(record), status)

    @property
    def _is_event(self) -> bool:
        return self.origin.stream == EVENTS

    def _property(self, cells: Sequence[str], place: int, name: str) -> dict[str, object]:
        """Return the property in a cell, or what is done to it; nothing for an empty cell."""
        text, header = cells[place], self._headers[place]
        operation = cells[self._operations[place]] if place in self._operations else ""
        if operation == "$delete":
            return {name: {operation: 1}}
        if operation and operation not in LIST_OPERATIONS:
            # such a name is refused again when it is sent, as the row was
            return {name: text, name + OPERATION: operation}
        if not text:
            return {}
        value = self._types.value(header, text)
        if header.endswith(UNIX) and _EPOCH.fullmatch(text):
            value = f"$D_{text}"
        return {name: {operation: [value]} if operation else value}

    def _event(
        self, user: dict[str, str], fields: dict[str, str], properties: dict[str, object]
    ) -> dict[str, Any]:
        return {
            "event_name": fields.get("evtName"),
            "event_time": _moment(fields.get("ts"), self._now),
            **{key: user.get(key) for key in ("object_id", "identity")},
            **{key: user[key] for key in ("FBID", "GPID") if key in user},
            "event_props": properties,
        }

    def _profile(
        self, user: dict[str, str], _fields: dict[str, str], properties: dict[str, object]
    ) -> dict[str, Any]:
        return {
            "identity": user.get("identity"),
            "object_ids": [user["object_id"]] if "object_id" in user else [],
            **{key: user[key] for key in ("FBID", "GPID") if key in user},
            "profile_data": properties,
            "seen_through": None,
        }


def _without_format(header: str) -> str:
    return header.removesuffix(UNIX)


def _moment(text: str | None, now: dt.datetime) -> str:
    """Return the time of an event; text that is no epoch stays, to be refused by its name."""
    if text is None:
        return now.isoformat(timespec="seconds")
    if not _EPOCH.fullmatch(text):
        return text
    try:
        return dt.datetime.fromtimestamp(int(text), dt.timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError):
        return text


def _code_of(reason: str) -> Code:
    plain = reason.casefold()
    known = next((code for start, code in CODES.items() if plain.startswith(start)), None)
    numbered = _CODE.search(reason)
    return known or (int(numbered[1]) if numbered else CODE)
