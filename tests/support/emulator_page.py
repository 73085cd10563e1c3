"""The emulator's page in a browser: what it shows, what it asks for, what it complains of."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from clevertap_emulator import Settings, create_app

VIEWS = ("overview", "requests", "records", "users", "days", "faults", "settings")
LOADED = "main > :not(h1):not(:text('Loading'))"
PATIENCE = 30_000
"""Milliseconds."""


class WatchedPage:
    """A page of a browser, and all that it does besides showing."""

    def __init__(self, browser, url, **options):
        self.url = f"{url}/_emulator/"
        self.page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.page.set_default_timeout(PATIENCE)
        self.noise: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("dialog", lambda dialog: self.noise.append(dialog.message))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def open(self, view="overview"):
        """Show a view, and wait until it has its data."""
        self.page.goto(f"{self.url}#/{view}")
        self.until_loaded()
        return self

    def until_loaded(self):
        self.page.locator(LOADED).first.wait_for()

    def notice(self, words):
        """Wait until it says something."""
        self.page.get_by_role("status").filter(has_text=words).wait_for()

    def figure(self, label):
        """Return the number of a tile."""
        tile = self.page.locator(".tiles > div").filter(
            has=self.page.get_by_text(label, exact=True)
        )
        return int(tile.locator("dd").inner_text().split()[0].replace(",", ""))

    def until_figure(self, label, value):
        until(lambda: self.figure(label) == value, self.page)

    def assert_quiet(self):
        """Check that it asked no other host, and complained of nothing."""
        assert self.noise == []
        assert self.hosts == {urlsplit(self.url).netloc}


def until(condition, page):
    """Wait until something is so, while the page goes on."""
    for _ in range(PATIENCE // 100):
        if condition():
            return
        page.wait_for_timeout(100)
    pytest.fail("it does not come true")


@contextmanager
def served(fill: Any):
    """Serve an emulator of this process, after `fill` has changed its project; yield its URL."""
    app = create_app(Settings(days=5, users=100))
    fill(app.routes[-1].app._project)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
