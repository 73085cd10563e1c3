"""An API on loopback that answers exports as a test wants it to, page by page."""

from __future__ import annotations

import http.server
import json
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from tests.support.plugin_process import write_json

DAY = "2026-08-29"


def rows(first, count, **more):
    """Return rows of the day, each another one."""
    return [
        {"profile": {"objectId": f"-{n}"}, "ts": 20260829120000, "event_props": {"N": n}, **more}
        for n in range(first, first + count)
    ]


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers the nth page of an export by `server.page(name, n)`: keys, or status and headers."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a head and its body go out together

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = question["event_name"]
        self.server.questions.append((self.path.partition("?")[0], question))
        self.server.asked.append((name, question["from"]))
        self._answer(self.server.opened(name))

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/getSchema":
            self._answer({"events": [{"name": name} for name in self.server.names]})
            return
        name, _, place = parse_qs(asked.query)["cursor"][0].partition("|")
        self.server.asked.append((name, int(place)))
        self._answer(self.server.page(name, int(place)))

    def _answer(self, keys):
        keys = dict(keys)
        status, headers = keys.pop("http", 200), keys.pop("headers", {})
        text = json.dumps({"status": "success", **keys})
        for placeholder, written in self.server.texts.items():
            text = text.replace(placeholder, written)
        body = text.encode()
        self.send_response_only(status)  # without a Date of its own
        for header, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """One that keeps what was asked, as event and place."""

    def __init__(self, page, *, names=("Charged",), opened=None):
        super().__init__(("127.0.0.1", 0), Pages)
        self.page, self.names = page, names
        self.opened = opened or (lambda name: {"cursor": f"{name}|0"})
        self.asked = []
        self.questions = []
        """The path and body of each request that opened an export."""
        self.texts = {}
        """Placeholders in responses and their text: json.dumps would round numbers."""

    def config(self, **more):
        return {
            "account_id": "a",
            "passcode": "p",
            "api_url": f"http://127.0.0.1:{self.server_port}",
            "timezone": "UTC",
            "events": list(self.names),
            "profile_events": [],
            "verify_counts": "off",  # what this server answers is no count
            "start_date": DAY,
            "end_date": DAY,
            **more,
        }


@contextmanager
def serving(page, **options):
    """Serve pages; `page(name, n)` returns the keys of an answer."""
    with Server(page, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pages(*contents):
    """Return what serves these pages of rows, the last without a cursor."""

    def page(name, place):
        following = {"next_cursor": f"{name}|{place + 1}"} if place + 1 < len(contents) else {}
        return {"records": contents[place], **following}

    return page


def run(launcher, server, *, state=None, speed=20.0, **config):
    given = [] if state is None else ["--state", write_json(state)]
    path = write_json(server.config(**config))
    return launcher.run("--config", path, *given, speed=speed)
