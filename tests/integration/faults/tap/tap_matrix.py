"""What is expected of the tap: for each fault, each kind of request it makes, and each place.

A cell is one fault that hits one request. Its outcome is given per kind of request; where the
place among the requests of a kind matters, per place too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FIRST, MIDDLE, LAST = PLACES = ("first", "middle", "last")


@dataclass(frozen=True, eq=False)
class Request:
    """One kind of request that the tap makes, and what the run that makes it is set to."""

    name: str
    match: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    places: tuple[str, ...] = PLACES


NAMES = ["Charged", "App Launched", "Search"]
WITH_NAMES: dict[str, Any] = {"events": NAMES}
WITH_TYPES: dict[str, Any] = {**WITH_NAMES, "stream_layout": "per_event"}
WITH_PROFILES: dict[str, Any] = {"events": NAMES[:1], "profile_events": NAMES}

CHECKING = Request("schema, names given", {"kind": "schema"}, WITH_NAMES, (FIRST,))
DISCOVERING = Request("schema, names asked for", {"kind": "schema"}, {}, (FIRST,))
OPENING = Request("open", {"kind": "open", "path": "/1/events.json"}, WITH_NAMES)
PAGING = Request("page", {"kind": "page", "path": "/1/events.json"}, WITH_NAMES)
OPENING_PROFILES = Request(
    "open of profiles", {"kind": "open", "path": "/1/profiles.json"}, WITH_PROFILES
)
PAGING_PROFILES = Request(
    "page of profiles", {"kind": "page", "path": "/1/profiles.json"}, WITH_PROFILES
)
COUNTING = Request("count", {"kind": "count"}, WITH_NAMES)
DECLARING = Request("schema of typed streams", {"kind": "schema"}, WITH_TYPES, (FIRST,))
OPENING_TYPED = Request("open of typed streams", OPENING.match, WITH_TYPES)
PAGING_TYPED = Request("page of typed streams", PAGING.match, WITH_TYPES)
COUNTING_TYPED = Request("count of typed streams", COUNTING.match, WITH_TYPES)
SCHEMA, OPEN, PAGE, COUNT = (
    (CHECKING, DISCOVERING, DECLARING),
    (OPENING, OPENING_PROFILES, OPENING_TYPED),
    (PAGING, PAGING_PROFILES, PAGING_TYPED),
    (COUNTING, COUNTING_TYPED),
)
REQUESTS = (*SCHEMA, *OPEN, *PAGE, *COUNT)
"""A run asks for the schema once: that is the first, the middle and the last of its kind."""

NEVER_ASKED = {
    "upload": "the tap only reads",
    "delete": "the tap only reads",
    "subscribe": "the tap only reads",
    "disassociate": "the tap only reads",
    "poll": "this project has its counts ready, so none is polled",
    "profile": "profiles are read by exports, never one by one",
    "report": "this run selects no stream of campaigns, messages, category groups or contents",
    "other": "the tap knows no other paths",
}
"""The emulator's kinds of request that no run of the tap makes, with the reason."""
FOR_UPLOADS = {
    "processed": "only an upload's response has the number of processed records",
    "drop_unprocessed_number": "only an upload's answer numbers what it refuses",
    "record_code": "only an upload has records that can be refused",
}
"""The emulator's faults that no answer to a reader can have, with the reason."""


UNSEEN = {
    "drop_row": "only counts can show that a row is missing, and the tap asks for none",
    "count": "the tap asks for no counts",
}
"""The emulator's faults that the tap cannot see, with the reason."""


@dataclass(frozen=True)
class Recovered:
    """Status 0, and data and state as of an undisturbed run."""

    warning: str = ""


@dataclass(frozen=True)
class Stopped:
    """Status 1, one line with these words, a true state; the next run completes the data."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Twinned:
    """Status 0, and one row twice, as nobody can know better; none with merged duplicates."""


@dataclass(frozen=True)
class Uncounted:
    """Status 0 and the data of an undisturbed run; one event has no counts, and a line says so."""


@dataclass(frozen=True)
class Absent:
    """It cannot happen to this kind of request."""

    reason: str


Outcome = Recovered | Stopped | Twinned | Uncounted | Absent


@dataclass(frozen=True, eq=False)
class Fault:
    """A fault, and what it comes to; `at` decides before `outcome` does."""

    name: str
    action: dict[str, Any]
    outcome: Outcome
    at: dict[Request | tuple[Request, str], Outcome] = field(default_factory=dict)
    needs_place: bool = False
    """Whether the tap's reaction depends on the position of the request."""
    settings: dict[str, Any] = field(default_factory=dict)
    match: dict[str, Any] = field(default_factory=dict)
    """Which of the requests of a kind it may hit; all by default."""
    speaks_for_itself: bool = True
    """Whether a short run has it, too, and not only another of its like."""

    def expected(self, request: Request, place: str) -> Outcome:
        return self.at.get((request, place)) or self.at.get(request) or self.outcome


UNCHECKED: dict[Any, Outcome] = {
    CHECKING: Recovered(warning="names are checked by their exports"),
    DISCOVERING: Stopped(("does not answer getSchema", "events_file")),
    DECLARING: Stopped(("does not answer getSchema", "stream_layout")),
}
"""What a schema that is refused comes to."""
REFUSED: dict[Any, Outcome] = {**UNCHECKED, **dict.fromkeys(COUNT, Uncounted())}
"""What a schema or a count that is refused comes to."""


def _stops(name: str, action: dict[str, Any], *words: str, **more: Any) -> Fault:
    """Return a fault that ends the run, but where only names or counts were to be checked."""
    return Fault(name, action, Stopped(words), REFUSED, **more)


def _passes(name: str, action: dict[str, Any], **more: Any) -> Fault:
    return Fault(name, action, Recovered(), **more)


def _status(status: int, **headers: str) -> dict[str, Any]:
    return {"status": status, **({"headers": headers} if headers else {})}


def _redirects(*statuses: int, to: str, location: str, **more: Any) -> list[Fault]:
    return [
        _stops(f"HTTP {each} to {to}", _status(each, Location=location), "a redirect", **more)
        for each in statuses
    ]


def _code(code: int) -> dict[str, Any]:
    return {"status": 200, "body": {"status": "fail", "error": "Scheduled fault", "code": code}}


NO_CURSOR: dict[Any, Outcome] = {
    **dict.fromkeys(SCHEMA, Absent("the schema is not read by cursors")),
    **dict.fromkeys(OPEN, Absent("an export that is being opened has no cursor yet")),
    **dict.fromkeys(COUNT, Absent("a count has no cursor")),
}
NO_ROWS: dict[Any, Outcome] = {
    **dict.fromkeys(SCHEMA, Absent("the schema holds no rows")),
    **dict.fromkeys(OPEN, Absent("the answer to an opening holds no rows")),
    **dict.fromkeys(COUNT, Absent("a count has no rows")),
}
SHORT_TIMEOUT = {"request_timeout": 50}
CREDENTIALS = Stopped(("401", "account_id", "passcode", "region"))
ELSEWHERE, HERE = "{trap}/1/events.json", "/1/events.json"
"""Where redirects point to: a server that must not hear of it, and the emulator itself."""

FAULTS = (
    *(_stops(f"HTTP {status}", _status(status), f"HTTP {status}") for status in (400, 403)),
    _stops("HTTP 404", _status(404), "HTTP 404", speaks_for_itself=False),
    Fault("HTTP 401", _status(401), CREDENTIALS, dict.fromkeys(COUNT, Uncounted())),
    _stops("HTTP 413", _status(413), "HTTP 413"),
    *(_passes(f"HTTP {status}", _status(status)) for status in (408, 429, 500, 503)),
    *(_passes(f"HTTP {status}", _status(status), speaks_for_itself=False) for status in (502, 504)),
    _passes("HTTP 429 with Retry-After", _status(429, **{"Retry-After": "2"})),
    _passes("HTTP 503 with Retry-After", _status(503, **{"Retry-After": "2"})),
    *_redirects(301, 307, to="another host", location=ELSEWHERE),
    *_redirects(302, 308, to="another host", location=ELSEWHERE, speaks_for_itself=False),
    *_redirects(302, 308, to="the same host", location=HERE),
    *_redirects(301, 307, to="the same host", location=HERE, speaks_for_itself=False),
    _passes("code 1", _code(1)),
    *(_passes(f"code {code}", _code(code), at=UNCHECKED) for code in (2, 3, 4004)),
    _stops("a code that is not known", _code(9999), "code 9999"),
    _passes("a gateway's page", {"html": True}),
    _passes("a gateway's page with its status", {"html": True, "status": 502}),
    _passes("an empty answer", {"empty": True}),
    _passes("an effect before the failure", {"effect": True, "status": 503}),
    _passes("cut before the effect", {"cut": "before"}, needs_place=True),
    _passes("cut after the effect", {"cut": "after"}, needs_place=True),
    _passes("late answer", {"delay": 3.5}, settings=SHORT_TIMEOUT),
    _passes("late effect", {"delay_effect": 3.5}, settings=SHORT_TIMEOUT),
    _passes("body broken off", {"truncate": 15}, needs_place=True),
    _passes("body clipped", {"clip": 15}, needs_place=True),
    _passes("cursor expired", {"expire_cursor": True}, at=NO_CURSOR, needs_place=True),
    _passes("cursor repeated", {"repeat_cursor": True}, at=NO_CURSOR, needs_place=True),
    Fault(
        "row repeated",
        {"repeat_row": True},
        Twinned(),
        {
            **NO_ROWS,
            **dict.fromkeys(
                ((PAGING, FIRST), (PAGING_TYPED, FIRST)), Absent("no page came before it")
            ),
            **dict.fromkeys(
                ((PAGING, LAST), (PAGING_TYPED, LAST)), Absent("the last page of a walk is bare")
            ),
            PAGING_PROFILES: Recovered(),
        },
        needs_place=True,
        # Else the page in the middle may be the first of its export.
        settings={"max_in_flight": 1, "events": ["App Launched"], "verify_counts": "off"},
    ),
    _passes("in progress again", {"reset_code2": 2}, at=NO_CURSOR, needs_place=True),
)


@dataclass(frozen=True)
class Cell:
    """One fault that hits one request."""

    fault: Fault
    request: Request
    place: str

    @property
    def outcome(self) -> Outcome:
        return self.fault.expected(self.request, self.place)

    def __str__(self) -> str:
        return f"{self.fault.name} - {self.place} {self.request.name}"


CELLS = tuple(
    Cell(fault, request, place)
    for fault in FAULTS
    for request in REQUESTS
    for place in request.places
)


def representatives() -> list[Cell]:
    """Return the cells of a short run: each fault on openings, on pages, and on one thing more.

    Where the place cannot matter, one place speaks for the three, another from fault to fault.
    The schema, profiles and typed streams, read by the code that reads events, take turns. Of
    statuses that nothing distinguishes, one or two represent the rest.
    """
    return [cell for cell in CELLS if cell.fault.speaks_for_itself and _is_chosen(cell)]


TAKING_TURNS = (
    CHECKING,
    OPENING_PROFILES,
    DISCOVERING,
    PAGING_PROFILES,
    COUNTING,
    DECLARING,
    OPENING_TYPED,
    PAGING_TYPED,
    COUNTING_TYPED,
)


def _is_chosen(cell: Cell) -> bool:
    turn = FAULTS.index(cell.fault)
    if cell.request in TAKING_TURNS:
        return (
            cell.request is TAKING_TURNS[turn % len(TAKING_TURNS)]
            and cell.place == cell.request.places[len(cell.request.places) // 2]
        )
    needs_all = cell.fault.needs_place and cell.request is PAGING
    return needs_all or cell.place == PLACES[turn % len(PLACES)]
