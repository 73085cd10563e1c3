"""An installed Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
HERE = "127.0.0.1"
MISSING = "no Chromium is installed: apt-get install chromium-headless-shell"


def installed() -> str | None:
    """Return the path of a Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browser(*names: str) -> Iterator[Browser]:
    """Start it; it reaches nothing but files and this computer, which may have further names."""
    led_here = [f"MAP {name} {HERE}" for name in names]
    rules = ", ".join([*led_here, "MAP * ~NOTFOUND", f"EXCLUDE {HERE}"])
    with sync_playwright() as playwright:
        options = ["--no-sandbox", f"--host-resolver-rules={rules}"]
        started = playwright.chromium.launch(executable_path=installed(), args=options)
        yield started
        started.close()
