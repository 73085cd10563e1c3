from __future__ import annotations

import pytest

from tap_clevertap.api import outcomes
from tap_clevertap.api.outcomes import read_outcome

IN_PROGRESS = b'{"status":"fail","error":"Request still in progress, please retry later","code":2}'


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        pytest.param(200, b'{"status":"success","cursor":"a"}', outcomes.Success, id="opened"),
        pytest.param(200, b'{"status":"success"}', outcomes.Success, id="bare success"),
        pytest.param(404, b'{"status":"success"}', outcomes.Refused, id="success that is none"),
        pytest.param(
            200, b'{"status":"partial","next_cursor":"a"}', outcomes.Success, id="partial"
        ),
        pytest.param(200, IN_PROGRESS, outcomes.NotReady, id="in progress"),
        pytest.param(202, IN_PROGRESS, outcomes.NotReady, id="in progress as 202"),
        pytest.param(
            200, b'{"status":"fail","error":"x","code":1}', outcomes.TryAgain, id="code 1"
        ),
        pytest.param(429, b"", outcomes.TryAgain, id="429"),
        pytest.param(408, b"", outcomes.TryAgain, id="408"),
        pytest.param(503, b"<html>", outcomes.TryAgain, id="503"),
        pytest.param(200, b"", outcomes.TryAgain, id="empty"),
        pytest.param(200, b"<html></html>", outcomes.TryAgain, id="html"),
        pytest.param(200, b'{"status":"success","records":[{"ts"', outcomes.TryAgain, id="cut"),
        pytest.param(200, b"[]", outcomes.TryAgain, id="no object"),
        pytest.param(200, b"{}", outcomes.TryAgain, id="no status"),
        pytest.param(200, b'{"status":"partial"}', outcomes.TryAgain, id="partial, no cursor"),
        pytest.param(
            200,
            b'{"status":"fail","error":"Incorrect Usage","code":3}',
            outcomes.CursorLost,
            id="incorrect usage",
        ),
        pytest.param(
            200,
            b'{"status":"fail","error":"CURSOR_INVALIDATED"}',
            outcomes.CursorLost,
            id="expired",
        ),
        pytest.param(
            200,
            b'{"status":"fail","error":"[\\"Invalid event : Uninstalled\\"]","code":400}',
            outcomes.EventUnknown,
            id="unknown event",
        ),
        pytest.param(
            400,
            b'{"status":"fail","error":"Export not allowed for this event","code":400}',
            outcomes.EventNotExportable,
            id="not exportable",
        ),
        pytest.param(401, b"", outcomes.Unauthorized, id="401"),
        pytest.param(
            200,
            b'{"status":"fail","error":"x","code":401}',
            outcomes.Unauthorized,
            id="401 in body",
        ),
        pytest.param(302, b"", outcomes.Refused, id="redirect"),
        pytest.param(403, b"", outcomes.Refused, id="403"),
        pytest.param(
            200, b'{"status":"fail","error":"dates","code":4002}', outcomes.Refused, id="dates"
        ),
        pytest.param(
            200, b'{"contentBlocks":[],"total":0}', outcomes.Success, id="page without status"
        ),
    ],
)
def test_what_an_answer_means(status, content, expected):
    assert type(read_outcome(status, content)) is expected


def test_a_page_with_broken_text_is_still_a_page():
    outcome = read_outcome(
        200, b'{"status":"success","records":[{"a":"\\ud800"}],"next_cursor":"c"}'
    )
    assert isinstance(outcome, outcomes.Success)
    assert outcome.body.next_cursor == "c"


def test_a_refusal_has_the_error_text_in_its_words_alone():
    content = b'{"status":"fail","error":"bad Anna Muster, +919812345678","code":999}'
    outcome = read_outcome(200, content)
    assert outcome.words == "bad Anna Muster, +919812345678"
    assert outcome == outcomes.Refused("HTTP 200, code 999", words=outcome.words)


def test_a_refusal_without_json_has_no_words():
    assert read_outcome(400, b"bad Anna Muster") == outcomes.Refused("HTTP 400")


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (404, b""),
        (404, b"<html>"),
        (200, b'{"status":"fail","error":"User not found"}'),
        (400, b'{"status":"fail","error":"Profile does not exist","code":400}'),
        (200, b'{"status":"fail","error":"x","code":404}'),
    ],
)
def test_what_is_not_there_is_not_found(status, content):
    outcome = read_outcome(status, content)
    assert isinstance(outcome, outcomes.Refused)
    assert (outcome.not_found, outcome.not_finished) == (True, False)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (409, b""),
        (409, b'{"status":"fail","error":"This target hasn\'t been completed"}'),
        (200, b'{"status":"fail","error":"This target hasn\'t been completed"}'),
        (500, b'{"status":"fail","error":"This target has no result as of yet","code":500}'),
        (200, b'{"status":"fail","error":"This target has no result as of yet","code":500}'),
    ],
)
def test_a_campaign_without_a_result_is_not_finished(status, content):
    outcome = read_outcome(status, content)
    assert isinstance(outcome, outcomes.Refused)
    assert (outcome.not_found, outcome.not_finished) == (False, True)


def test_a_body_nested_without_end_is_no_answer():
    assert type(read_outcome(200, b"[" * 100_000)) is outcomes.TryAgain
