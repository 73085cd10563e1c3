"""What the target makes of each fault of the emulator: the one table of what is expected.

A cell is a fault that hits one upload, or every one from it on; the upload is the first, one in
the middle, or the last; with either setting of `uncertain`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

PLACES = {"first": 1, "middle": 3, "last": 5}
"""The number of the upload that is hit, of five."""

DURATIONS = ("once", "ever")
UNCERTAIN_SETTINGS = ("resend", "skip")


@dataclass(frozen=True)
class Outcome:
    """How a run ends, and what became of the records of the uploads that were hit.

    All other records are stored once, and the state is complete unless the run stops; where it
    stops, the next run completes it.
    """

    times: int | None = 1
    """How often each event and increment is stored after the next run; None is once or more."""

    code: int | str | None = None
    """With which it is rejected; None when it is not."""

    number: int | None = None
    """The one record of an upload that is rejected, counted from 1; None is all of them."""

    others: str | None = None
    """With which all others of the upload are rejected; None when they are not."""

    advice: str | None = None
    """Words of the line with which the run stops; None when it does not."""

    next_code: str | None = None
    """With which the run after the stop rejects it."""

    waits: bool = False
    """Whether the run stops after the quarter of an hour for which it is patient."""


Row = dict[str, Outcome]
"""Expectations by words of the cells they are for; of those that fit a cell the last one holds."""


def expected(row: Row, *words: str) -> Outcome:
    """Return what is expected of the cell with these words."""
    fitting = [key for key in row if set(key.split()) <= set(words)]
    return row[fitting[-1]]


def stopped(advice: str, times: int | None = 1, **more: Any) -> Outcome:
    return Outcome(times=times, advice=advice, **more)


RECOVERED = Outcome()
DOUBLED = Outcome(times=2)
LOST_BUT_REJECTED = Outcome(times=0, code="uncertain")
TAKEN_AND_REJECTED = Outcome(code="uncertain")
UNMATCHED = Outcome(code="unmatched")

HARMLESS = {"": RECOVERED}
THROTTLED = {"": RECOVERED, "ever": stopped("too many requests in flight", waits=True)}
MANY_TRIES = stopped("the outcome is unknown after 10 tries")
UNCERTAIN = {"": RECOVERED, "ever": MANY_TRIES, "skip": LOST_BUT_REJECTED}
UNCERTAIN_TAKEN = {
    "": DOUBLED,
    "ever": replace(MANY_TRIES, times=11),  # each of the ten tries is taken, and the next run's
    "skip": TAKEN_AND_REJECTED,
}
NO_API = stopped("not a response of CleverTap's API")
UNREADABLE = {  # by a host that has responded as CleverTap, it is one of ten tries
    "": RECOVERED,
    "ever": MANY_TRIES,
    "ever first": NO_API,
    "skip": LOST_BUT_REJECTED,
    "skip first": replace(NO_API, times=0, next_code="uncertain"),
}
UNREADABLE_TAKEN = {
    "": DOUBLED,
    "ever": replace(MANY_TRIES, times=11),
    "ever first": replace(NO_API, times=4),  # three tries, and the next run's
    "skip": TAKEN_AND_REJECTED,
    "skip first": replace(NO_API, next_code="uncertain"),
}


def wholly_refused(code: str) -> Row:
    """A request is halved until its halves are taken; single records that are not stop the run."""
    return {"": RECOVERED, "ever": stopped(f"each of its 6 records alone ({code})")}


def lied(row: Row) -> Row:
    """An answer by which nothing was taken is believed, though all was."""
    believed = {key: replace(outcome, times=2) for key, outcome in row.items()}
    return {**believed, "ever": replace(row.get("ever", row[""]), times=None)}


def status(number: int, **more: Any) -> dict[str, Any]:
    return {"status": number, **more}


def fail(**more: Any) -> dict[str, Any]:
    """Return a failure as it comes with status 200."""
    return {"status": 200, "body": {"status": "fail", "error": "Scheduled fault", **more}}


def partial(processed: int, *unprocessed: dict[str, Any]) -> dict[str, Any]:
    return {"status": "partial", "processed": processed, "unprocessed": list(unprocessed)}


def item(number: int | None, **more: Any) -> dict[str, Any]:
    """Return what a response reports about one record."""
    number_text = "" if number is None else f" Skipped record number : {number}"
    return {"status": "fail", "code": 513, "error": f"Restricted.{number_text}", **more}


STRANGER = {"type": "event", "identity": "a stranger", "evtName": "Ordered", "evtData": {}}


def taken(action: dict[str, Any]) -> dict[str, Any]:
    return {**action, "effect": True}


def redirect(number: int, address: str) -> dict[str, Any]:
    return status(number, headers={"Location": address})


NO_CREDENTIALS = {"": stopped("refuses the credentials (401)")}
NO_RIGHTS = {"": stopped("does not allow this account to upload (403)")}
NO_UPLOADS = {"": stopped("does not take uploads (HTTP status 40")}
REDIRECTED = {"": stopped("redirects elsewhere")}
MALFORMED, TOO_LARGE = wholly_refused("malformed"), wholly_refused("too_large")
PAUSE = {"Retry-After": "20"}
DATE = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
ELSEWHERE = "http://127.0.0.1:9/1/upload"
ALL_SIX = range(1, 7)

FAULTS: dict[str, tuple[dict[str, Any], Row]] = {
    "400": (status(400), MALFORMED),
    "400, taken": (taken(status(400)), lied(MALFORMED)),
    "401": (status(401), NO_CREDENTIALS),
    "401, taken": (taken(status(401)), lied(NO_CREDENTIALS)),
    "403": (status(403), NO_RIGHTS),
    "403, taken": (taken(status(403)), lied(NO_RIGHTS)),
    "404": (status(404), NO_UPLOADS),
    "404, taken": (taken(status(404)), lied(NO_UPLOADS)),
    "405": (status(405), NO_UPLOADS),
    "409": (status(409), NO_UPLOADS),
    "408": (status(408), UNCERTAIN),
    "408, taken": (taken(status(408)), UNCERTAIN_TAKEN),
    "413": (status(413), TOO_LARGE),
    "413, taken": (taken(status(413)), lied(TOO_LARGE)),
    "429": (status(429), THROTTLED),
    "429 with a pause": (status(429, headers=PAUSE), THROTTLED),
    "429 with a date": (status(429, headers=DATE), THROTTLED),
    "429, taken": (taken(status(429)), lied(THROTTLED)),
    **{str(number): (status(number), UNCERTAIN) for number in (500, 502, 503, 504)},
    **{
        f"{number}, taken": (taken(status(number)), UNCERTAIN_TAKEN)
        for number in (500, 502, 503, 504)
    },
    "503 with a pause": (status(503, headers=PAUSE), UNCERTAIN),
    "503 with a date, taken": (taken(status(503, headers=DATE)), UNCERTAIN_TAKEN),
    **{
        f"{number} to the host itself": (redirect(number, "/1/upload"), REDIRECTED)
        for number in (301, 302, 303, 307, 308)
    },
    **{
        f"{number} to another host": (redirect(number, ELSEWHERE), REDIRECTED)
        for number in (301, 302, 303, 307, 308)
    },
    "200 with code 1": (fail(code=1), THROTTLED),
    "200 with code 400": (fail(code=400), MALFORMED),
    "200 with code 401": (fail(code=401), NO_CREDENTIALS),
    "200 with code 403": (fail(code=403), NO_RIGHTS),
    "200 with code 413": (fail(code=413), TOO_LARGE),
    "200 with code 429": (fail(code=429), THROTTLED),
    "200 with code 503": (fail(code=503), UNCERTAIN),
    "200 with an unknown code": (fail(code=999), UNCERTAIN),
    "200 with an unknown code, taken": (taken(fail(code=999)), UNCERTAIN_TAKEN),
    "200 without a code": (fail(), UNREADABLE),
    "200 that accounts for nothing": (taken(fail(processed=0, unprocessed=[])), {"": UNMATCHED}),
    **{
        f"200 that {name}": (taken(status(200, body=body)), row)
        for name, (body, row) in {
            "speaks of another request": (partial(5, item(2, record=STRANGER)), {"": UNMATCHED}),
            "speaks of no record": (partial(5, item(None)), {"": UNMATCHED}),
            "numbers a record 0": (partial(5, item(0)), {"": UNMATCHED}),
            "numbers one record more": (partial(5, item(7)), {"": UNMATCHED}),
            "refuses a record twice": (
                partial(4, item(2), item(2)),
                {"": Outcome(times=None, code=513, number=2, others="unmatched")},
            ),
            "counts too many": ({"status": "success", "processed": 600}, HARMLESS),
            "counts less than nothing": ({"status": "success", "processed": -6}, {"": UNMATCHED}),
            "counts in words": ({"status": "success", "processed": "6"}, {"": UNMATCHED}),
        }.items()
    },
    "200 of another shape": (status(200, body=[{"status": "success"}]), UNREADABLE),
    "200 that is not gzip": (status(200, headers={"Content-Encoding": "gzip"}), UNCERTAIN),
    "200 without a count, taken": (taken(status(200, body={"status": "success"})), HARMLESS),
    "200 of half a list": (status(200, body="[" * 9999), UNREADABLE),
    "202 without a body": (status(202, body=""), UNREADABLE),
    "204, taken": (taken(status(204, body="")), UNREADABLE_TAKEN),
    "html": ({"html": True}, UNREADABLE),
    "html, taken": ({"html": True, "effect": True}, UNREADABLE_TAKEN),
    "html with 401": ({"html": True, "status": 401}, NO_CREDENTIALS),
    "html with 429": ({"html": True, "status": 429}, THROTTLED),
    "html with 502": ({"html": True, "status": 502}, UNCERTAIN),
    "empty": ({"empty": True}, UNREADABLE),
    "empty, taken": ({"empty": True, "effect": True}, UNREADABLE_TAKEN),
    "empty with 500, taken": ({"empty": True, "status": 500, "effect": True}, UNCERTAIN_TAKEN),
    "cut before": ({"cut": "before"}, UNCERTAIN),
    "cut after": ({"cut": "after"}, UNCERTAIN_TAKEN),
    "late": ({"delay": 0.02}, HARMLESS),
    "too late": ({"delay": 60}, UNCERTAIN_TAKEN),
    "slow to take": ({"delay_effect": 0.02}, HARMLESS),
    "too slow to take": ({"delay_effect": 60}, UNCERTAIN),
    "broken off before the body": ({"truncate": 0}, UNCERTAIN_TAKEN),
    "broken off in the body": ({"truncate": 20}, UNCERTAIN_TAKEN),
    "broken off after the body": ({"truncate": 10_000}, HARMLESS),
    "clipped to nothing": ({"clip": 0}, UNREADABLE_TAKEN),
    "clipped": ({"clip": 20}, UNREADABLE_TAKEN),
    "clipped after its end": ({"clip": 10_000}, HARMLESS),
    "more processed than sent": ({"processed": 2}, HARMLESS),
    "less processed than sent": ({"processed": -2}, {"": UNMATCHED}),
    "a refusal": ({"record_code": {2: 512}}, {"": Outcome(code=512, number=2)}),
    "a refusal of an unknown code": ({"record_code": {6: 799}}, {"": Outcome(code=799, number=6)}),
    "a refusal without a number": (
        {"record_code": {2: 513}, "drop_unprocessed_number": True},
        {"": Outcome(code=513, number=2)},
    ),
    "a refusal, less processed": (
        {"record_code": {2: 513}, "processed": -1},
        {"": Outcome(code=513, number=2, others="unmatched")},
    ),
    "a server error of one record": (
        {"record_code": {1: 555}},
        {"": RECOVERED, "ever": Outcome(code=555, number=1)},
    ),
    "a refusal of all": (
        {"record_code": dict.fromkeys(ALL_SIX, 513)},
        {
            "": Outcome(code=513),
            "first ever": stopped("records were refused (code 513"),
        },
    ),
    "a server error of all": (
        {"record_code": dict.fromkeys(ALL_SIX, 555)},
        {
            "": RECOVERED,
            "ever": Outcome(code=555),
            "first ever": stopped("records were refused (code 555"),
        },
    ),
    **{
        f"{name}, which only reads know": ({name: value}, HARMLESS)
        for name, value in {
            "expire_cursor": True,
            "repeat_cursor": True,
            "repeat_row": True,
            "drop_row": True,
            "count": {},
            "reset_code2": 2,
        }.items()
    },
}
"""By name: the emulator's action, and what is expected."""
