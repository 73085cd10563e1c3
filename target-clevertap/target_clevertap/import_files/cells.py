"""Records as rows of cells: what each is in the CSV, and what has no form there.

CleverTap's files know less than its API: no lists in events, no numbers added, no empty text
[U:imports-via-sftp; U:csv-upload]. Such a record is refused; nothing is changed to fit.
"""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.config.import_files import DASHBOARD
from target_clevertap.records import charged
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import LONGEST_SPELLED, known_number
from target_clevertap.records.names import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATION = ".operation"
USER_COLUMNS = {"identity": "identity", "objectId": "objectId", "FBID": "fbId", "GPID": "gpId"}
"""The column of each user key, as the texts of CleverTap's import spell it [U:imports-via-sftp]."""

DASHBOARD_KEYS = ("identity", "objectId")
"""[U:csv-upload]"""

TAKEN = frozenset(("identity", "objectid", "guid", "fbid", "gpid", "ts", "evtname"))
"""Folded names of columns that are no properties [U:imports-via-sftp]."""

FLAGS = "msg-"
"""How the names of CleverTap's flags begin: their cells are read as true or false."""

LONG_BITS = 63
MOST_CHECKED = 10_000
LIST_OPERATORS = ("$add", "$remove", "$set")
MOST_EVENT_PROPERTIES = 100
"""[U:imports-via-sftp]: fewer than the API takes."""

# codes of rejects, explained in records/own_codes.py
KIND = "file_kind"
USER_KEY = "file_user_key"
PROPERTIES = "file_properties"
NAME = "file_name"
OPERATOR = "file_operation"
TEXT = "file_text"
NUMBER = "file_number"
ITEMS = "file_items"
NESTED = "file_nested"

_decode = msgspec.json.Decoder(dict[str, Any], float_hook=known_number).decode


class CellType(IntEnum):
    """What the cells of a column are; a column has one type in a file."""

    TEXT = 0
    WHOLE = 1
    DECIMAL = 2
    FLAG = 3
    DATE = 4
    """Of the dashboard only: other files have dates in columns of text."""

    NONE = 5
    """An empty cell, in a column of any type."""


OF_TEXT, OF_WHOLE, OF_DECIMAL, OF_FLAG, OF_DATE, OF_NONE = map(int, CellType)
"""As plain numbers, which are faster."""

Cell = tuple[str, str, int]
"""The name of a column, the text in the file with its quotes, and the type."""


class RecordRows(NamedTuple):
    """A record in the form of a file."""

    pile: str
    """`event` or `profile`, and the column of the user key: records of a file have one pile."""

    rows: list[list[Cell]]
    """The first cell of each is the user key."""

    empty: int
    """How many empty texts of an event are left out."""


class RowMaker:
    """Makes rows of encoded records; may be used from any thread."""

    def __init__(self, files_for: str) -> None:
        """Make rows.

        Args:
            files_for: What reads the files, `sftp` or `dashboard`.
        """
        self._is_dashboard = files_for == DASHBOARD
        self._checked: set[tuple[str, ...]] = set()
        """Names that may be side by side, as records come with the same ones again."""

    def rows(self, payload: bytes) -> RecordRows:
        """Return a record in the form of a file.

        Args:
            payload: As the API would get it.

        Raises:
            RecordRefusedError: When no file can hold it; the codes begin with `file_`.
        """
        record = _decode(payload)
        kind = record.pop("type", None)
        if kind not in {"event", "profile"}:
            raise _refusal(KIND, "it is neither an event nor a profile")
        is_event = kind == "event"
        data = record.pop("evtData" if is_event else "profileData", {})
        user, head = self._head(record)
        empty = 0
        if is_event and "" in data.values():
            # an event without the property is the same; a profile would keep its former value
            kept = {name: value for name, value in data.items() if value != ""}
            empty, data = len(data) - len(kept), kept
        values, lists = self._properties(data, is_event=is_event, event=record.get("evtName"))
        rows = [[*head, *values]]
        for name, operator, operands in lists:
            self._add_list(rows, head, name, operator, operands)
        return RecordRows(f"{kind}/{user}", rows, empty)

    def _head(self, record: Mapping[str, Any]) -> tuple[str, list[Cell]]:
        """Return the column of the user key, and the cells of each row of a record."""
        users = [key for key in USER_COLUMNS if key in record]
        if len(users) != 1 or record.keys() - {*USER_COLUMNS, "ts", "evtName"}:
            raise _refusal(KIND, "it has more than a user key, a time and a name")
        key = users[0]
        if self._is_dashboard and key not in DASHBOARD_KEYS:
            reason = f"the dashboard's files know users by identity or objectId, not by {key}"
            raise _refusal(USER_KEY, reason)
        column = USER_COLUMNS[key]
        head = [(column, _text(record[key], key), OF_TEXT)]
        if "evtName" in record:
            head.append(("evtName", _text(record["evtName"], "evtName"), OF_TEXT))
        if "ts" in record:
            head.append(("ts", *self._value(record["ts"], "ts")))
        return column, head

    def _properties(
        self, data: Mapping[str, Any], *, is_event: bool, event: str | None
    ) -> tuple[list[Cell], list[tuple[str, str, list[Any]]]]:
        """Return the cells of single values, and the operations on lists."""
        if is_event and len(data) > MOST_EVENT_PROPERTIES:
            reason = f"{len(data)} properties; a file takes {MOST_EVENT_PROPERTIES} of an event"
            raise _refusal(PROPERTIES, reason)
        cells: list[Cell] = []
        lists: list[tuple[str, str, list[Any]]] = []
        self._check_names(data)
        for name, value in data.items():
            if isinstance(value, str):
                cells.append((name, *self._value(value, name)))
            elif isinstance(value, dict) and not is_event and len(value) == 1:
                ((operator, operand),) = value.items()
                if operator == "$delete" and not self._is_dashboard:
                    cells.append((name, "", OF_NONE))
                    cells.append((name + OPERATION, "$delete", OF_TEXT))
                else:
                    lists.append((name, operator, self._operands(name, operator, operand)))
            elif isinstance(value, (dict, list)):
                raise _nested(name, event)
            else:
                cells.append((name, *self._value(value, name)))
        return cells, lists

    def _check_names(self, data: Mapping[str, Any]) -> None:
        names = tuple(data)
        if names in self._checked:
            return
        if fault := self._name_fault(names):
            raise _refusal(NAME, fault)
        if len(self._checked) < MOST_CHECKED:
            self._checked.add(names)

    def _name_fault(self, names: tuple[str, ...]) -> str | None:
        """Return what keeps names from being those of columns side by side."""
        if len({*map(column_key, names)}) < len(names):
            return "two properties have one name, but for case and spaces"
        for name in names:
            is_other = column_key(name) in TAKEN or name.strip().casefold().endswith(OPERATION)
            if is_other or not name.strip() or "\0" in name:
                return f"in a file the column {shown(name)} is no property"
            if self._is_dashboard and name.rstrip().endswith(">") and "<" in name:
                return f"the dashboard would read the end of the name {shown(name)} as a format"
        return None

    def _operands(self, name: str, operator: str, operand: Any) -> list[Any]:  # noqa: ANN401 - JSON
        if self._is_dashboard:
            reason = f"the dashboard's files have no operations, as {operator} on {shown(name)}"
            raise _refusal(OPERATOR, reason)
        if operator not in LIST_OPERATORS or not isinstance(operand, list):
            reason = f"files have no {shown(operator)}, as property {shown(name)} has"
            raise _refusal(OPERATOR, reason)
        if not operand:
            reason = f"{operator} on property {shown(name)} has no value, so it has no row"
            raise _refusal(OPERATOR, reason)
        return operand

    def _add_list(
        self,
        rows: list[list[Cell]],
        head: list[Cell],
        name: str,
        operator: str,
        operands: list[Any],
    ) -> None:
        """Add an operation on a list: a value in each row.

        Each further value of `$set` is added: so the list is whole, whether the import takes the
        rows of one user together or one by one.
        """
        for place, operand in enumerate(operands):
            if place == len(rows):
                rows.append([*head])
            given = "$add" if place and operator == "$set" else operator
            rows[place].append((name, *self._value(operand, name)))
            rows[place].append((name + OPERATION, given, OF_TEXT))

    def _value(self, value: Any, name: str) -> tuple[str, int]:  # noqa: ANN401 - JSON
        """Return a cell of one value, without its column."""
        if name[:4].casefold() == FLAGS and not isinstance(value, bool):
            reason = f"in a file {shown(name)} is true or false, and nothing else"
            raise _refusal(TEXT, reason)
        if isinstance(value, str):
            if self._is_dashboard and value[:3] == "$D_" and value[3:].lstrip("-").isdecimal():
                return value[3:], OF_DATE
            return _text(value, name), OF_TEXT
        if isinstance(value, bool):
            return ("true" if value else "false"), OF_FLAG
        if isinstance(value, (int, Decimal)):
            return _number(value, name)
        raise _nested(name, None)


@lru_cache(maxsize=10_000)
def column_key(name: str) -> str:
    """Return what two names of one column have in common.

    CleverTap ignores case and spaces, and has two names for one of its flags
    [U:platform-considerations; U:imports-via-sftp].
    """
    key = folded(name)
    return "msg-dndphone" if key == "msg-dndsms" else key


def _text(text: str, name: str) -> str:
    if not text:
        reason = f"property {shown(name)} is empty text, which a file cannot tell from none"
        raise _refusal(TEXT, reason)
    if "\0" in text:
        raise _refusal(TEXT, f"property {shown(name)} holds a NUL character, which no CSV can")
    return '"' + text.replace('"', '""') + '"'


def _number(value: int | Decimal, name: str) -> tuple[str, int]:
    if isinstance(value, int):
        if value.bit_length() > LONG_BITS and value != -1 << LONG_BITS:
            raise _refusal(NUMBER, f"property {shown(name)} needs more than 64 bits")
        return str(value), OF_WHOLE
    is_short = abs(value.adjusted()) <= LONGEST_SPELLED
    return (f"{value:f}" if is_short else str(value)), OF_DECIMAL


def _nested(name: str, event: str | None) -> RecordRefusedError:
    if event is not None and charged.is_charged(event) and charged.is_items(name):
        return _refusal(ITEMS, "files cannot have Items of the event Charged")
    reason = f"property {shown(name)} is a list or an object, which a file cannot have"
    return _refusal(NESTED, reason)


def _refusal(code: str, reason: str) -> RecordRefusedError:
    return RecordRefusedError(code, reason)
