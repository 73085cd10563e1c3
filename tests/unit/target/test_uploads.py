"""What becomes of a batch, whatever CleverTap answers."""

from __future__ import annotations

import hashlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import msgspec
import pytest

from target_clevertap.api.concurrency import ConcurrencyLimit
from target_clevertap.api.responses import Answered, NotProcessed, RequestRefused, Unknown
from target_clevertap.api.retries import Retrier
from target_clevertap.delivery.checkpoints import Segment
from target_clevertap.delivery.lanes import Source
from target_clevertap.delivery.summary import Summary
from target_clevertap.delivery.upload import Upload
from target_clevertap.delivery.upload_context import UploadContext
from target_clevertap.errors import StoppedError, UploadStopped
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.records.entries import Entry
from target_clevertap.singer.origin import Origin

MAYBE = Unknown("status 503")
HTML = Unknown("it is not JSON", readable=False)
THROTTLED = NotProcessed("too many requests in flight", throttled=True)
UNREACHED = NotProcessed("cannot reach api.example.org")
MALFORMED = RequestRefused("malformed", "CleverTap answered 400")
ORIGIN = Origin("orders", b'{"type":"SCHEMA"}')


class ScriptedClient:
    """Answers with what a function makes of each request's records."""

    host = "api.example.org"
    request_kind = "uploads"

    def __init__(self, answer):
        self.requests = []
        self.prepared_times = 0
        self._answer = answer

    def prepared(self, payloads):
        self.prepared_times += 1
        return [msgspec.json.decode(payload)["identity"] for payload in payloads]

    def upload(self, records):
        self.requests.append(records)
        return self._answer(records, len(self.requests))


def taken(records, _=0):
    return Answered({"status": "success", "processed": len(records), "unprocessed": []})


def refusing(*refused, code=515):
    def answer(records, _):
        items = [
            {"code": code, "error": f"no. Skipped record number : {place}"}
            for place, record in enumerate(records, start=1)
            if record in refused
        ]
        status = "partial" if items else "success"
        return Answered(
            {"status": status, "processed": len(records) - len(items), "unprocessed": items}
        )

    return answer


def then(*outcomes):
    """Give the outcomes one after the other, and take everything after them."""

    def answer(records, number):
        outcome = outcomes[number - 1] if number <= len(outcomes) else taken
        return outcome(records, number) if callable(outcome) else outcome

    return answer


def name_of(content):
    return hashlib.blake2b(content, digest_size=16).digest()


def entry(identity, *, named=True, user=None, counts_again=True):
    payload = msgspec.json.encode({"identity": identity})
    name = name_of(payload) if named else None
    user = identity if user is None else user
    return Entry(payload, user, counts_again, name, payload)


def profile(identity, user):
    return entry(identity, named=False, user=user, counts_again=False)


class Scene:
    """An upload's surroundings, and how often it paused."""

    client_class = ScriptedClient

    def __init__(self, path, *, resend=True, with_ledger=True, answered=False):
        self.ledger = Ledger.open(str(path), "0" * 16, is_durable=False) if with_ledger else None
        self.summary = Summary()
        self.stopping = threading.Event()
        self.answered = threading.Event()
        self.concurrency = ConcurrencyLimit(15)
        self.resend = resend
        if answered:
            self.answered.set()

    def upload(self, answer, entries, *, is_replay=False):
        client = self.client = self.client_class(answer)
        retrier = Retrier(
            client=client,
            concurrency=self.concurrency,
            summary=self.summary,
            stopping=self.stopping,
            answered=self.answered,
            resend=self.resend,
            pauses=lambda: itertools.repeat(0.0),
        )
        context = UploadContext(retrier, self.ledger, self.summary)
        sources = [Source(ORIGIN, Segment(), is_replay, is_doubtful=is_replay)] * len(entries)
        return Upload(context, entries, sources).run()

    def known(self, *entries, resend=False):
        """Return what the ledger knows, and claim the rest."""
        return self.ledger.claim([each.name for each in entries], set(), resend=resend).known


@pytest.fixture
def scene(tmp_path):
    made = []

    def make(**options):
        made.append(Scene(tmp_path / "ledger.sqlite", **options))
        return made[-1]

    yield make
    for each in made:
        if each.ledger is not None:
            each.ledger.close()


def codes(result):
    rejects = [*result.rejects, *(reject for _, reject in result.refused)]
    return [(bytes(reject.raw), reject.status.code) for reject in rejects]


def test_delivered_records_are_in_the_ledger_and_not_sent_again(scene):
    there = scene()
    entries = [entry("a"), entry("b")]
    assert there.upload(taken, entries).delivered == 2
    again = there.upload(taken, [*entries, entry("c")])
    assert there.client.requests == [["c"]]
    assert (again.delivered, again.already_delivered) == (1, 2)


def test_a_record_that_comes_twice_in_a_batch_is_sent_once(scene):
    there = scene()
    result = there.upload(taken, [entry("a"), entry("b"), entry("a")])
    assert there.client.requests == [["a", "b"]]
    assert (result.delivered, result.already_delivered) == (2, 1)
    assert len(result.segments) == 3


def test_a_record_without_a_name_is_sent_as_often_as_it_comes(scene):
    there = scene()
    there.upload(taken, [entry("a", named=False)] * 2)
    assert there.client.requests == [["a", "a"]]


def test_only_refused_records_are_rejects_and_may_be_sent_again_later(scene):
    there = scene()
    bad = entry("b")
    result = there.upload(refusing("b"), [entry("a"), bad, entry("c")])
    assert codes(result) == [(bad.raw, 515)]
    assert result.settled == {"orders": 3}
    assert [*result.delivered_by] == ["orders"]
    assert there.known(bad) == {}


def test_a_wholly_refused_batch_says_so(scene):
    result = scene().upload(refusing("a", "b"), [entry("a"), entry("b")])
    assert len(result.refused) == 2
    assert not result.delivered_by


def test_a_server_error_of_one_record_is_tried_again_alone(scene):
    there = scene()
    answer = then(refusing("b", code=555), refusing("b", code=555))
    result = there.upload(answer, [entry("a"), entry("b"), entry("c")])
    assert there.client.requests == [["a", "b", "c"], ["b"], ["b"]]
    assert result.delivered == 3


def test_a_profile_tried_again_does_not_override_its_users_later_ones(scene):
    there = scene()
    answer = then(refusing("free", code=555), refusing("free", code=555))
    between = [profile("other", "v"), entry("event", user="u")]
    entries = [profile("old", "u"), profile("free", "u"), *between, profile("pro", "u")]
    assert there.upload(answer, entries).delivered == 5
    again = ["free", "pro"]
    assert there.client.requests == [["old", "free", "other", "event", "pro"], again, again]


def test_a_later_profile_that_was_refused_is_not_sent_again(scene):
    def answer(records, number):
        codes = {"free": 555, "bad": 515} if number == 1 else {}
        items = [
            {"code": codes[record], "error": f"no. Skipped record number : {place}"}
            for place, record in enumerate(records, start=1)
            if record in codes
        ]
        processed = len(records) - len(items)
        return Answered({"status": "partial", "processed": processed, "unprocessed": items})

    there = scene()
    result = there.upload(answer, [profile("free", "u"), profile("bad", "u"), entry("c")])
    assert there.client.requests == [["free", "bad", "c"], ["free"]]
    assert [code for _, code in codes(result)] == [515]


def test_a_server_error_that_stays_is_a_reject_in_the_end(scene):
    there = scene()
    result = there.upload(refusing("b", code=555), [entry("a"), entry("b")])
    assert there.client.requests == [["a", "b"], *[["b"]] * 5]
    assert [code for _, code in codes(result)] == [555]


def test_a_request_that_cannot_be_read_is_split_in_order_until_the_culprit_is_found(scene):
    def answer(records, _):
        bad = RequestRefused("malformed", "400")
        return bad if "d" in records else taken(records)

    there = scene()
    entries = [entry(letter) for letter in "abcdefgh"]
    result = there.upload(answer, entries)
    assert codes(result) == [(entries[3].raw, "malformed")]
    assert result.delivered == 7
    delivered = [r for request in there.client.requests if "d" not in request for r in request]
    assert delivered == list("abcefgh")


def test_a_batch_that_fails_alike_down_to_single_records_stops_the_run(scene):
    with pytest.raises(UploadStopped, match="each of its 4 records alone"):
        scene().upload(lambda *_: RequestRefused("malformed", "400"), [entry(x) for x in "abcd"])


def test_throttled_requests_are_sent_again_with_fewer_at_once(scene):
    there = scene()
    result = there.upload(then(*[NotProcessed("429", throttled=True)] * 30), [entry("a")])
    assert result.delivered == 1
    assert len(there.client.requests) == 31
    assert there.concurrency.limit <= 2
    assert there.summary.retried == 30


def test_skipped_requests_of_unknown_outcome_let_fewer_be_in_flight(scene):
    there = scene(resend=False)
    before = there.concurrency.limit
    assert there.upload(lambda *_: Unknown("503"), [entry("a")]).delivered == 0
    assert there.concurrency.limit == before // 2


def test_concurrency_comes_back_after_successes():
    concurrency = ConcurrencyLimit(8)
    with concurrency.slot() as one, concurrency.slot() as other:
        concurrency.slow_down(one)
        concurrency.slow_down(other)
    assert concurrency.limit == 4
    with concurrency.slot() as later:
        concurrency.slow_down(later)
    assert concurrency.limit == 2
    for _ in range(2 + 3):
        concurrency.succeeded()
    assert concurrency.limit == 4


def test_a_host_that_was_never_reached_ends_the_run_soon(scene):
    there = scene()
    with pytest.raises(UploadStopped, match="cannot reach"):
        there.upload(lambda *_: NotProcessed("cannot reach api.example.org"), [entry("a")])
    assert len(there.client.requests) == 3


def test_a_host_that_answered_before_is_given_more_time(scene):
    there = scene(answered=True)
    there.upload(then(*[NotProcessed("cannot reach it")] * 8), [entry("a")])
    assert len(there.client.requests) == 9


def test_an_unknown_outcome_is_sent_again(scene):
    there = scene()
    result = there.upload(then(Unknown("no response in time")), [entry("a"), entry("b")])
    assert there.client.requests == [["a", "b"]] * 2
    assert result.delivered == 2
    assert there.summary.uncertain == 2


def test_an_outcome_that_stays_unknown_ends_the_run_and_stays_claimed(scene):
    there = scene()
    doubtful = entry("a")
    with pytest.raises(UploadStopped, match="the outcome is unknown after 10 tries"):
        there.upload(lambda *_: Unknown("HTTP status 503"), [doubtful])
    there.ledger.close()
    assert scene().known(doubtful)  # an intent, since nobody knows


def test_records_that_were_certainly_not_taken_are_not_claimed_after_the_end(scene):
    there = scene()
    free = entry("a")
    with pytest.raises(UploadStopped):
        there.upload(lambda *_: NotProcessed("cannot reach it"), [free])
    there.ledger.close()
    assert scene().known(free) == {}


def test_a_host_that_answers_html_ends_the_run_soon(scene):
    there = scene()
    with pytest.raises(UploadStopped, match="check api_url"):
        there.upload(lambda *_: HTML, [entry("a")])
    assert len(there.client.requests) == 3


def test_html_of_a_host_that_answered_before_is_an_unknown_outcome(scene):
    there = scene(answered=True)
    assert there.upload(then(*[HTML] * 9), [entry("a")]).delivered == 1
    with pytest.raises(UploadStopped, match="the outcome is unknown after 10 tries"):
        there.upload(lambda *_: HTML, [entry("b")])
    assert len(there.client.requests) == 10


@pytest.mark.parametrize(
    "outcomes",
    [[MAYBE, MAYBE, HTML, HTML], [THROTTLED, THROTTLED, UNREACHED, UNREACHED]],
    ids=["unknown", "not taken"],
)
def test_tries_of_one_kind_leave_another_its_own(scene, outcomes):
    assert scene().upload(then(*outcomes), [entry("a")]).delivered == 1


@pytest.mark.parametrize(
    "outcomes",
    [
        [*[MAYBE] * 9, refusing("b", code=555), MAYBE],
        [*[MAYBE] * 9, MALFORMED, MAYBE],
        [*[MAYBE] * 9, MALFORMED, taken, MAYBE],
        [*[MAYBE] * 8, HTML, HTML],
    ],
    ids=["refused", "first half", "second half", "not JSON"],
)
def test_no_record_has_more_than_ten_tries_of_unknown_outcome(scene, outcomes):
    there = scene()
    with pytest.raises(UploadStopped, match="the outcome is unknown after 10 tries"):
        there.upload(then(*outcomes), [entry("a"), entry("b")])
    assert len(there.client.requests) == len(outcomes)


def test_tries_of_other_records_are_not_counted(scene):
    answer = then(MALFORMED, *[MAYBE] * 9, taken, *[MAYBE] * 9)
    assert scene().upload(answer, [entry("a"), entry("b")]).delivered == 2


def test_with_skip_an_unknown_outcome_makes_rejects_that_are_not_sent_again(scene):
    there = scene(resend=False)
    entries = [entry("a"), entry("b", named=False)]
    result = there.upload(then(Unknown("no response in time")), entries)
    assert [code for _, code in codes(result)] == ["uncertain"] * 2
    assert result.refused == []
    there.ledger.settle(result.claim, held=result.held)
    later = there.upload(taken, entries)
    assert there.client.requests == [["b"]]
    assert later.rejects == []
    assert there.summary.uncertain == 3


def test_with_skip_a_wrong_host_does_not_make_rejects(scene):
    with pytest.raises(UploadStopped, match="check api_url"):
        scene(resend=False).upload(lambda *_: HTML, [entry("a")])


def test_what_an_answer_does_not_account_for_is_held(scene):
    there = scene()
    short = Answered({"status": "partial", "processed": 1, "unprocessed": []})
    result = there.upload(then(short), [entry("a"), entry("b")])
    assert [code for _, code in codes(result)] == ["unmatched"] * 2
    there.ledger.settle(result.claim, held=result.held)
    assert there.upload(taken, [entry("a"), entry("b")]).rejects == []
    assert there.client.requests == []


def test_a_replayed_record_is_sent_though_it_is_held_but_not_when_it_is_delivered(scene):
    there = scene()
    short = Answered({"status": "partial", "processed": 0, "unprocessed": []})
    result = there.upload(then(short), [entry("a")])
    there.ledger.settle(result.claim, held=result.held)
    assert there.upload(taken, [entry("a")], is_replay=True).delivered == 1
    assert there.upload(taken, [entry("a")], is_replay=True).already_delivered == 1


@pytest.mark.parametrize("resend", [True, False])
def test_what_was_on_its_way_when_a_run_was_killed(scene, resend):
    killed = scene()
    there_before = entry("a")
    killed.known(there_before)  # claims it, and then the process is gone
    killed.ledger.close()
    there = scene(resend=resend)
    result = there.upload(taken, [there_before, entry("b")])
    if resend:
        assert there.client.requests == [["a", "b"]]
        assert result.rejects == []
    else:
        assert there.client.requests == [["b"]]
        assert [code for _, code in codes(result)] == ["uncertain"]


def test_what_is_tried_again_is_not_known_as_delivered_before_it_is(scene):
    there = scene()
    on_their_way = []

    def answer(records, number):
        claims = "SELECT names FROM claims WHERE NOT is_delivered"
        on_their_way.append(there.ledger._database.execute(claims).fetchall())
        return refusing("a", code=555)(records, number) if number == 1 else taken(records)

    there.upload(answer, [entry("a"), entry("b")])
    both, again = ([(b"".join(entry(each).name for each in which),)] for which in ("ab", "a"))
    assert on_their_way == [both, again]


def test_nothing_is_sent_once_the_run_is_ending(scene):
    there = scene()
    there.stopping.set()
    with pytest.raises(StoppedError):
        there.upload(taken, [entry("a")])
    assert there.client.requests == []


def test_no_new_try_once_the_run_is_ending(scene):
    there = scene()

    def answer(*_):
        there.stopping.set()
        return NotProcessed("429", throttled=True)

    with pytest.raises(StoppedError):
        there.upload(answer, [entry("a")])
    assert len(there.client.requests) == 1


def test_without_a_ledger_everything_is_sent(scene):
    there = scene(with_ledger=False)
    there.upload(taken, [entry("a"), entry("a")])
    assert there.upload(taken, [entry("a")]).delivered == 1


def test_the_summary_is_one_line():
    summary = Summary()
    summary.count_received("orders", 10)
    summary.count_delivered({"orders": 5})
    summary.count_already_delivered({"orders": 2})
    summary.count_uncertain({"orders": 1})
    summary.count_rejects([("orders", 515), ("orders", 515), ("orders", "too_large")])
    for _ in range(3):
        summary.count_retry("throttled")
    line = str(summary)
    assert line.startswith(
        "delivered 5, already delivered 2, rejected 3 (515: 2, too_large: 1), uncertain 1, "
        "retried 3, in "
    )
    assert summary.rejects == 3
    assert Decimal(line.rsplit(maxsplit=2)[1]) > 0


def test_a_request_that_is_tried_again_is_prepared_once(scene):
    there = scene()
    there.upload(then(THROTTLED, MAYBE, UNREACHED), [entry("a"), entry("b")])
    assert there.client.requests == [["a", "b"]] * 4
    assert there.client.prepared_times == 1


def test_a_request_is_prepared_before_it_takes_a_slot(scene):
    both_are_prepared = threading.Barrier(2)

    class Client(ScriptedClient):
        def prepared(self, payloads):
            both_are_prepared.wait(timeout=20)  # the one slot is for one of them at a time
            return super().prepared(payloads)

    there = scene(with_ledger=False)
    there.concurrency = ConcurrencyLimit(1)
    there.client_class = Client
    with ThreadPoolExecutor(2) as lanes:
        ended = [lanes.submit(there.upload, taken, [entry(name)]) for name in "ab"]
        assert [each.result(timeout=40).delivered for each in ended] == [1, 1]
