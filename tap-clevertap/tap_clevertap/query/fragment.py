"""The setting `query` as a whole: what is sent of it, and by what a state recognizes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tap_clevertap.query import behavior, users
from tap_clevertap.query.behavior import BehaviorReader
from tap_clevertap.query.faults import Faults, QueryError
from tap_clevertap.query.filters import read_filters
from tap_clevertap.query.users import read_user_filters
from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTING = "query"
DIGEST_BYTES = 8
OF_FILTERS = ("event_properties", "session_properties")
BLOCKS = (*OF_FILTERS, "common_profile_properties", "advanced_query")
NO_IDENTITY = "CleverTap does not filter by it; use `__filter__` in stream_maps"
MISPLACED = {
    "event_name": "the tap sets it; name events in the setting events",
    "from": "the tap sets it; use the setting start_date",
    "to": "the tap sets it; use the setting end_date",
    "props": "it is the old name; write event_properties",
    "groups": "it groups reports and does not filter; remove it",
    "where": "it belongs to campaigns; write its blocks without it",
    "identity": NO_IDENTITY,
    "objectId": NO_IDENTITY,
    **dict.fromkeys(users.BLOCKS, "it is not at its place; put it into common_profile_properties"),
    **dict.fromkeys(behavior.BLOCKS, "it is not at its place; put it into advanced_query"),
}
"""Faults of keys that a query may have elsewhere. [CSVD; LEA README; SUR]"""


@dataclass(frozen=True)
class Query:
    """The setting `query`, checked."""

    fragment: Mapping[str, Any] = field(default_factory=dict)
    """The blocks that are sent in each request for an export or a count; empty without a query."""
    events: Mapping[str, str] = field(default_factory=dict)
    """The events that it names, each by its path."""

    @property
    def digest(self) -> str | None:
        """A hash by which a state recognizes the query: 16 hexadecimal digits; None without one."""
        if not self.fragment:
            return None
        return blake2b(canonical_json(self.fragment), digest_size=DIGEST_BYTES).hexdigest()


NO_QUERY = Query()


def read_query(given: Mapping[str, Any] | None) -> Query:
    """Return the query of the setting.

    Raises:
        QueryError: With the path of each fault, and without values of filters.
    """
    faults = Faults()
    given = given or {}
    faults.check_keys(given, BLOCKS, SETTING, MISPLACED)
    fragment: dict[str, Any] = {}
    of_behavior = BehaviorReader(faults)
    for block, value in given.items():
        path = f"{SETTING}.{block}"
        if block in OF_FILTERS:
            fragment[block] = read_filters(value, path, faults)
        elif block == "common_profile_properties":
            fragment[block] = read_user_filters(value, path, faults)
        elif block == "advanced_query":
            fragment[block] = of_behavior.read(value, path)
    if faults.found:
        raise QueryError(faults.message)
    return Query(fragment, of_behavior.events)
