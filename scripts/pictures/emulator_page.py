"""Takes the picture of the emulator's page: uploads, of which some fail, and an export.

`make screenshots` runs it.
"""

from __future__ import annotations

from contextlib import suppress

import requests

from clevertap_emulator.testing import Emulator
from scripts.pictures.receipt import MOST_BYTES, PICTURES

FILE = PICTURES / "emulator-page.png"
SIZE = {"width": 1100, "height": 700}
UPLOADS = 40
FAULTS = [
    {"match": {"kind": "upload", "every": 13}, "action": {"status": 503}},
    {"match": {"kind": "upload", "number": 20}, "action": {"cut": "after"}},
]


def fill(emulator: Emulator) -> None:
    """Send what the picture shows."""
    emulator.faults(FAULTS)
    for number in range(UPLOADS):
        user = f"user{number}"
        event = {"type": "event", "identity": user, "evtName": "Order Placed", "ts": 1_788_170_000}
        profile = {"type": "profile", "identity": user, "profileData": {"Plan": "plus"}}
        nameless = {"type": "event", "identity": user, "evtName": "", "evtData": {}}
        records = [*[event] * 97, profile, {**profile, "profileData": {"Age": "?"}}, nameless]
        with suppress(requests.ConnectionError):
            emulator.api("POST", "/1/upload", json={"d": records})
    emulator.api("POST", "/1/delete/profiles.json", json={"identity": ["user3"]})
    query = {"event_name": "Charged", "from": 20260801, "to": 20260830}
    cursor = emulator.api("POST", "/1/events.json", json=query).json()["cursor"]
    for _ in range(2):
        emulator.api("GET", f"/1/events.json?cursor={cursor}")


def main() -> None:
    """Write the picture.

    Raises:
        ValueError: It is too large for a document.
    """
    from tests.partners.servers.browser import browser  # noqa: PLC0415 - needs playwright

    with Emulator.start(today="2026-08-31") as emulator, browser() as chromium:
        fill(emulator)
        page = chromium.new_page(viewport=SIZE, reduced_motion="reduce")
        page.goto(f"{emulator.url}/_emulator/")
        page.get_by_text("Charged").wait_for()
        page.screenshot(path=FILE, full_page=True)
    if FILE.stat().st_size > MOST_BYTES:
        message = f"{FILE.name}: it has over {MOST_BYTES} bytes; take a smaller SIZE"
        raise ValueError(message)


if __name__ == "__main__":
    main()
