"""The block `advanced_query`: what else users did, or did not do, in a range of days.

    {"did_all": [{"event_name": …, "from": 20260801, "to": 20260831, "event_properties": […],
                  "operator": "greater_than", "value": 3}],
     "did_any": {"any_events": [{…}], "operator": "equals", "value": 10},
     "did_none": [{…}]}

`operator` and `value` are a condition for the number of events. [SNIP clevertap_query_language]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clevertap.query.filters import (
    EQUALITY,
    OF_NUMBERS,
    read_filters,
    read_name,
    read_operator,
)
from tap_clevertap.query.values import read_day

if TYPE_CHECKING:
    from datetime import date

    from tap_clevertap.query.faults import Faults

LISTS = ("did_all", "did_none")
BLOCKS = ("did_all", "did_any", "did_none")
ANY_KEYS = ("any_events", "operator", "value")
ENTRY_KEYS = ("event_name", "from", "to", "event_properties", "operator", "value")
EXAMPLE_ENTRY = "write it like {event_name: Charged, from: 20260801, to: 20260831}"
OLD_NAMES = {"props": "it is the old name; write event_properties"}


class BehaviorReader:
    """Reads one `advanced_query`, and remembers the events in it.

    Args:
        faults: Takes what is wrong.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.events: dict[str, str] = {}
        """The name of the event by its path."""

    def read(self, given: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Return the block as CleverTap takes it."""
        if not isinstance(given, dict):
            self._faults.add(path, "it is not an object", f"write {', '.join(BLOCKS)} in it")
            return {}
        self._faults.check_keys(given, BLOCKS, path)
        read = dict(given)
        for block in LISTS:
            if block in given:
                read[block] = self._entries(given[block], f"{path}.{block}")
        if "did_any" in given:
            read["did_any"] = self._any(given["did_any"], f"{path}.did_any")
        return read

    def _any(self, given: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        if not isinstance(given, dict):
            self._faults.add(path, "it is not an object", "write {any_events: [...]}")
            return {}
        self._faults.check_keys(given, ANY_KEYS, path)
        self._check_count(given, path)
        return {**given, "any_events": self._entries(given.get("any_events"), f"{path}.any_events")}

    def _entries(self, given: Any, path: str) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
        if not isinstance(given, list) or not given:
            what = "it is missing" if given is None else "it is not a list of events"
            self._faults.add(path, what, "put at least one event into [ ]")
            return []
        return [self._entry(each, f"{path}[{number}]") for number, each in enumerate(given)]

    def _entry(self, given: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        if not isinstance(given, dict):
            self._faults.add(path, "it is not an object", EXAMPLE_ENTRY)
            return {}
        self._faults.check_keys(given, ENTRY_KEYS, path, OLD_NAMES)
        name = read_name(given.get("event_name"), f"{path}.event_name", self._faults)
        self.events[f"{path}.event_name"] = name
        self._check_days(given, path)
        self._check_count(given, path)
        if "event_properties" not in given:
            return dict(given)
        filters = read_filters(given["event_properties"], f"{path}.event_properties", self._faults)
        return {**given, "event_properties": filters}

    def _check_days(self, given: dict[str, Any], path: str) -> None:
        first, last = (self._day(given, key, path) for key in ("from", "to"))
        if first is not None and last is not None and first > last:
            what = f"{given['from']} is after `to`, which is {given['to']}"
            self._faults.add(f"{path}.from", what, "exchange them")

    def _day(self, given: dict[str, Any], key: str, path: str) -> date | None:
        if key in given:
            return read_day(given[key], f"{path}.{key}", self._faults)
        self._faults.add(f"{path}.{key}", "it is missing", "set a day like 20260831")
        return None

    def _check_count(self, given: dict[str, Any], path: str) -> None:
        """Check a condition for the number of events, if there is one."""
        present = [key for key in ("operator", "value") if key in given]
        if len(present) == 1:
            missing = "value" if present == ["operator"] else "operator"
            self._faults.add(
                f"{path}.{missing}", "it is missing", f"set it, or remove {present[0]}"
            )
        if "operator" in given:
            known = (*EQUALITY, *OF_NUMBERS)
            read_operator(given["operator"], known, f"{path}.operator", self._faults)
        count = given.get("value", 0)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            self._faults.add(f"{path}.value", "it is not a number of events", "set a whole number")
