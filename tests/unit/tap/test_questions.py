"""How long a count is waited for: from its first response on, and as long as the run waits."""

from __future__ import annotations

from dataclasses import dataclass, field

from tap_clevertap.api.client import ExportClient
from tap_clevertap.api.outcomes import Cause, NotReady, TryAgain, Unauthorized
from tap_clevertap.counts.question import LATE, REFUSED, Question

TIMEOUT = TryAgain("no response", answered=False, cause=Cause.TIMEOUT)


@dataclass
class Api:
    """Responds with the same outcome; each request takes some seconds of its own clock."""

    outcome: object
    seconds: float = 0.0
    seconds_without_slot: float = 0.0
    host: str = "localhost"
    contacted: bool = True
    request_timeout: float = 60.0
    now: float = 100.0
    timeouts: list[float] = field(default_factory=list)

    def ask_count(self, _path, _body, *, timeout):
        self.now += self.seconds_without_slot
        self.timeouts.append(timeout())
        self.now += self.seconds
        return self.outcome

    def poll_count(self, path, _req_id, *, timeout):
        return self.ask_count(path, None, timeout=timeout)

    def until_it_ends(self, question):
        while question.is_open:
            question.handle(question.send_request(self), self)
            self.now += question.pause if question.is_open else 0.0
        return question.failure


def question(api, left=lambda: 1000.0):
    return Question("counts/events.json", {}, 10.0, lambda: api.now, left)


def test_the_time_before_the_first_response_is_not_waiting():
    api = Api(NotReady("1"), seconds=30.0)
    asked = question(api)
    asked.handle(asked.send_request(api), api)
    assert asked.is_open


def test_a_count_that_is_never_ready_is_late():
    api = Api(NotReady("1"))
    assert api.until_it_ends(question(api)) == LATE
    assert api.now <= 110


def test_a_request_waits_no_longer_than_the_count():
    api = Api(TIMEOUT, seconds=10.0)
    assert api.until_it_ends(question(api)) == LATE
    assert api.timeouts == [10.0]


def test_nothing_is_sent_when_the_run_waits_no_longer():
    api = Api(NotReady("1"))
    assert api.until_it_ends(question(api, left=lambda: 0.0)) == LATE
    assert api.timeouts == []


def test_a_pause_is_no_longer_than_the_run_waits():
    api = Api(NotReady("1"))
    assert api.until_it_ends(question(api, left=lambda: 103.0 - api.now)) == LATE
    assert api.now <= 103
    assert min(api.timeouts) <= 3


def test_a_request_that_waited_for_its_slot_has_the_time_that_is_left():
    api = Api(NotReady("1"), seconds_without_slot=2.0)
    assert api.until_it_ends(question(api, left=lambda: 103.0 - api.now)) == LATE
    assert api.timeouts[0] == 1.0


def test_a_request_without_time_left_is_not_sent():
    url = "http://localhost:1"
    client = ExportClient(
        url=url, account_id="A", passcode="P", request_timeout=9.0, max_in_flight=1
    )
    outcome = client.ask_count("counts/events.json", {}, timeout=lambda: 0.0)
    assert isinstance(outcome, TryAgain)
    assert outcome.cause is Cause.TIMEOUT


def test_refused_credentials_are_no_count():
    api = Api(Unauthorized())
    assert api.until_it_ends(question(api)) == REFUSED
