"""Every fault of the emulator at each place of the target's uploads: nothing is lost or doubled."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product

import pytest

from clevertap_emulator.admin.faults import FaultAction
from tests.integration.faults.target.target_matrix import (
    DURATIONS,
    FAULTS,
    PLACES,
    UNCERTAIN_SETTINGS,
    expected,
)
from tests.support.extent import WHOLE
from tests.support.target_process import (
    ORDER_COLUMNS,
    ORDERS_RULE,
    USER_COLUMNS,
    USERS_RULE,
    order,
    record,
    schema,
    state,
)

RECORDS, ROWS, STATES_EVERY = 30, 6, 5
TOO_LATE_SECONDS, PATIENT_SECONDS = 150, 3000
"""Of clocks that count a hundred seconds in one: a second and a half, and half a minute."""

HASTY, HASTIEST = 100, 1000
SETTINGS = {
    "streams": {
        "orders": ORDERS_RULE,
        "points": {"type": "profile", "identity": "email", "operations": {"points": "$incr"}},
        "users": USERS_RULE,
    },
    "batch_size_rows": ROWS,
    "max_in_flight": 1,
    "flush_seconds": 86_400,
}
POINTS_COLUMNS = {"n": {"type": "integer"}, "email": {"type": "string"}, "points": {}}


def message(number):
    """Return an event, an increment or a plain profile, in turn."""
    email = f"user{number % 7}@example.org"
    if number % 3 == 0:
        return order(number, email=email)
    if number % 3 == 1:
        return record("points", n=number, email=email, points=1)
    return record("users", n=number, email=email)


def messages(first=0):
    """Return all records from one on, with a state after every so many."""
    found = [
        schema("orders", ORDER_COLUMNS),
        schema("points", POINTS_COLUMNS, keys=["n"]),
        schema("users", {**USER_COLUMNS, "n": {}}, keys=["n"]),
    ]
    for number in range(first, RECORDS):
        found.append(message(number))
        if (number + 1) % STATES_EVERY == 0:
            found.append(state({"done": number + 1}))
    return found


def is_plain(number):
    """Return whether a record is a plain profile, which may be sent twice without harm."""
    return number % 3 == 2


def number_of(sent):
    columns = sent.get("evtData") or sent.get("profileData") or sent
    return columns["id"] if "id" in columns else columns["n"]


class Cell:
    """One cell's runs and what has to come of them."""

    def __init__(self, target, action, place, duration, uncertain, outcome):
        self.target = target
        self.outcome = outcome
        self.is_lasting = duration == "ever"
        self.upload = PLACES[place]
        self.settings = {**SETTINGS, "uncertain": uncertain}
        self.is_late = max(action.get("delay", 0), action.get("delay_effect", 0)) > 1
        asked = action.get("headers", {}).get("Retry-After", "")
        self.pause = float(asked) if asked.isdecimal() else 0.0
        self.speed = HASTIEST if outcome.waits else HASTY
        numbers = list(range(self.upload, 2000)) if self.is_lasting else self.upload
        target.faults({"match": {"kind": "upload", "number": numbers}, "action": action})

    def first_run(self):
        return self.target.run(
            messages(),
            speed=self.speed,
            request_timeout=TOO_LATE_SECONDS if self.is_late else PATIENT_SECONDS,
            **self.settings,
        )

    def next_run(self, first):
        self.target.faults()
        return self.target.run(messages(first), request_timeout=PATIENT_SECONDS, **self.settings)

    @property
    def hit(self):
        """The numbers of the records of the uploads that are hit before the run stops, if so."""
        begin = (self.upload - 1) * ROWS
        is_rest = self.is_lasting and self.outcome.advice is None
        return range(begin, RECORDS if is_rest else begin + ROWS)

    def rejected(self):
        """Return what has to be rejected by the first run."""
        number = self.outcome.number
        codes = {
            each: self.outcome.others
            if number is not None and each % ROWS != number - 1
            else self.outcome.code
            for each in self.hit
        }
        return [(each, code) for each, code in codes.items() if code is not None]

    def check_pauses(self):
        """Check that after an answer that asks for a pause the next request comes after it."""
        if not self.pause:
            return
        requests = self.target.requests()[self.upload - 1 :]
        pauses = [after["time"] - before["time"] for before, after in pairwise(requests)]
        made = pauses if self.is_lasting else pauses[:1]
        assert all(each * self.speed >= 0.98 * self.pause for each in made)

    def check_first(self, run):
        assert "Traceback" not in run.log, run.log
        self.check_pauses()
        rejected = [(number_of(each), code) for each, code in self.target.rejected()]
        assert rejected == self.rejected()
        done = run.states[-1]["done"] if run.states else 0
        if self.outcome.advice is None:
            assert run.status == (3 if rejected else 0), run.log
            assert done == RECORDS
        else:
            assert run.status == 1, run.log
            assert self.outcome.advice in run.log.splitlines()[-1], run.log
            assert done == self.hit[0] // STATES_EVERY * STATES_EVERY
        return done

    def check_next(self, run):
        assert run.states[-1] == {"done": RECORDS}, run.log
        stored = Counter(number_of(each) for each in self.target.delivered())
        rejected = [(number_of(each), code) for each, code in self.target.rejected()]
        later = [
            (each, self.outcome.next_code)
            for each in self.hit
            if self.outcome.next_code and not is_plain(each)
        ]
        assert rejected == [*self.rejected(), *later]
        assert run.status == (3 if later else 0), run.log
        for number in range(RECORDS):
            times = self.outcome.times if number in self.hit else 1
            if is_plain(number) or times is None:
                assert stored[number] >= 1, number
            else:
                assert stored[number] == times, number


def cells():
    """Yield a parameter for each cell; without CLEVERTAP_TEST_WHOLE those that differ most."""
    earlier = []
    for name, (action, row) in FAULTS.items():
        is_new = all(row is not each for each in earlier)
        earlier.append(row)
        for words in product(DURATIONS, PLACES, UNCERTAIN_SETTINGS):
            if WHOLE or is_telling(row, *words, is_new=is_new):
                cell = (action, *words, expected(row, *words))
                yield pytest.param(*cell, id=" ".join([f"{name}:", *words]))


def is_telling(row, duration, place, uncertain, *, is_new):
    """Return whether a cell differs from all others."""
    named = {word for key in row for word in key.split()}
    is_like_others = (duration, place, uncertain) == ("once", "middle", "resend")
    is_other = uncertain == "resend" or uncertain in named
    return is_like_others or (is_new and is_other and (place == "middle" or place in named))


@pytest.mark.parametrize(("action", "duration", "place", "uncertain", "outcome"), list(cells()))
def test_a_fault(target, action, duration, place, uncertain, outcome):
    cell = Cell(target, action, place, duration, uncertain, outcome)
    done = cell.check_first(cell.first_run())
    cell.check_next(cell.next_run(0 if outcome.advice is None else done))


def test_every_kind_of_fault_has_its_row():
    named = {field for action, _ in FAULTS.values() for field in action}
    assert named == set(FaultAction.__struct_fields__)
