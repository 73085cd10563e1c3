from __future__ import annotations

import pytest

from tap_clevertap import answers
from tap_clevertap.answers import read_answer

IN_PROGRESS = b'{"status":"fail","error":"Request still in progress, please retry later","code":2}'


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        pytest.param(200, b'{"status":"success","cursor":"a"}', answers.Success, id="opened"),
        pytest.param(200, b'{"status":"success"}', answers.Success, id="bare success"),
        pytest.param(404, b'{"status":"success"}', answers.Refused, id="success that is none"),
        pytest.param(200, b'{"status":"partial","next_cursor":"a"}', answers.Success, id="partial"),
        pytest.param(200, IN_PROGRESS, answers.NotReady, id="in progress"),
        pytest.param(202, IN_PROGRESS, answers.NotReady, id="in progress as 202"),
        pytest.param(200, b'{"status":"fail","error":"x","code":1}', answers.TryAgain, id="code 1"),
        pytest.param(429, b"", answers.TryAgain, id="429"),
        pytest.param(408, b"", answers.TryAgain, id="408"),
        pytest.param(503, b"<html>", answers.TryAgain, id="503"),
        pytest.param(200, b"", answers.TryAgain, id="empty"),
        pytest.param(200, b"<html></html>", answers.TryAgain, id="html"),
        pytest.param(200, b'{"status":"success","records":[{"ts"', answers.TryAgain, id="cut"),
        pytest.param(200, b"[]", answers.TryAgain, id="no object"),
        pytest.param(200, b"{}", answers.TryAgain, id="no status"),
        pytest.param(200, b'{"status":"partial"}', answers.TryAgain, id="partial, no cursor"),
        pytest.param(
            200,
            b'{"status":"fail","error":"Incorrect Usage","code":3}',
            answers.CursorLost,
            id="incorrect usage",
        ),
        pytest.param(
            200, b'{"status":"fail","error":"CURSOR_INVALIDATED"}', answers.CursorLost, id="expired"
        ),
        pytest.param(
            200,
            b'{"status":"fail","error":"[\\"Invalid event : Uninstalled\\"]","code":400}',
            answers.EventUnknown,
            id="unknown event",
        ),
        pytest.param(
            400,
            b'{"status":"fail","error":"Export not allowed for this event","code":400}',
            answers.EventNotExportable,
            id="not exportable",
        ),
        pytest.param(401, b"", answers.Unauthorized, id="401"),
        pytest.param(
            200, b'{"status":"fail","error":"x","code":401}', answers.Unauthorized, id="401 in body"
        ),
        pytest.param(302, b"", answers.Refused, id="redirect"),
        pytest.param(403, b"", answers.Refused, id="403"),
        pytest.param(
            200, b'{"status":"fail","error":"dates","code":4002}', answers.Refused, id="dates"
        ),
    ],
)
def test_what_an_answer_means(status, content, expected):
    assert type(read_answer(status, content)) is expected


def test_a_page_with_broken_text_is_still_a_page():
    answer = read_answer(200, b'{"status":"success","records":[{"a":"\\ud800"}],"next_cursor":"c"}')
    assert isinstance(answer, answers.Success)
    assert answer.body.next_cursor == "c"


def test_a_refusal_shows_nothing_of_the_error_text():
    content = b'{"status":"fail","error":"bad Anna Muster, +919812345678","code":999}'
    assert read_answer(200, content) == answers.Refused("HTTP 200, code 999")


def test_a_body_nested_without_end_is_no_answer():
    assert type(read_answer(200, b"[" * 100_000)) is answers.TryAgain
