"""Pages that come twice, in another order, or not at all: what the tap can make of them."""

from __future__ import annotations

import http.server
import json
import threading
from collections import Counter
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.plugin_process import write_json

PAGES, ROWS = 5, 30
IN_ORDER = list(range(PAGES))


def page(number):
    return [
        {
            "profile": {"objectId": "-a"},
            "ts": 20260829120000 + row % 60,
            "event_props": {"Number": number * ROWS + row},
        }
        for row in range(ROWS)
    ]


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers an export with the pages that the server has, in its order; a cursor is a place."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(cursor="0")

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/getSchema":
            self._answer(events=[{"name": "Charged"}])
            return
        place = int(parse_qs(asked.query)["cursor"][0])
        order = self.server.order
        following = {} if place + 1 == len(order) else {"next_cursor": str(place + 1)}
        self._answer(records=page(order[place]), **following)

    def _answer(self, **keys):
        body = json.dumps({"status": "success", **keys}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(order):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.order = order
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def read(tap, order, **settings):
    with serving(order) as url:
        config = {
            "account_id": "a",
            "passcode": "p",
            "api_url": url,
            "timezone": "UTC",
            "events": ["Charged"],
            "profile_events": [],
            "start_date": "2026-08-29",
            "end_date": "2026-08-29",
            **settings,
        }
        output = tap.run("--config", write_json(config))
    assert output.status == 0, output.log
    return output


def keys_of(output):
    return Counter(row["event_key"] for row in output.events)


@pytest.mark.parametrize("order", [IN_ORDER[::-1], [0, 3, 1, 4, 2]], ids=["back", "mixed"])
def test_the_order_of_pages_does_not_matter(tap, order):
    usual = read(tap, IN_ORDER)
    output = read(tap, order)
    assert keys_of(output) == keys_of(usual)
    assert output.state == usual.state


def test_a_page_that_comes_twice_is_twins_or_merged(tap):
    usual, again = read(tap, IN_ORDER), [0, 1, 2, 1, 3, 4, 4]
    twins = [row for row in read(tap, again).events if row["occurrence"]]
    assert len(twins) == 2 * ROWS
    assert keys_of(read(tap, again)) >= keys_of(usual)
    assert keys_of(read(tap, again, duplicates="merge")) == keys_of(usual)


def test_a_page_that_is_left_out_cannot_be_missed_but_takes_no_other_with_it(tap):
    usual = read(tap, IN_ORDER)
    left = keys_of(usual) - keys_of(read(tap, [0, 1, 3, 4]))
    assert left.total() == ROWS
    numbers = {
        row["event_props"]["Number"] // ROWS for row in usual.events if row["event_key"] in left
    }
    assert numbers == {2}
