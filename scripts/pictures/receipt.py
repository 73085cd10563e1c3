"""Takes the picture of a receipt: a run against the emulator, and its page in Chromium.

`make screenshots` runs it. The page's digest is kept, so a test sees when the picture is old.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from clevertap_emulator.testing import Emulator

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
DIGEST = Path(__file__).with_name("receipt.sha256")
"""Of the page in the picture, without what is another in each run."""
SIZE = {"width": 900, "height": 600}
MOST_BYTES = 150_000
CHANGING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?|[\d,]+ seconds|\d+ exports")
EVENTS = ["App Launched", "Product Viewed", "Added To Cart", "Charged"]


def receipt(folder: Path) -> Path:
    """Return the page that a run over two weeks writes into a folder.

    Raises:
        CalledProcessError: The run failed.
    """
    page, config = folder / "receipt.html", folder / "config.json"
    with Emulator.start(timezone="UTC", days=60, today="2026-08-31", preparing=0) as emulator:
        settings = {
            "account_id": emulator.account_id,
            "passcode": emulator.passcode,
            "api_url": emulator.url,
            "timezone": "UTC",
            "start_date": "2026-08-10",
            "end_date": "2026-08-24",
            "lookback_days": 0,
            "events": EVENTS,
            "profile_events": [],
            "receipt_path": str(page),
        }
        config.write_text(json.dumps(settings))
        tap = Path(sys.executable).with_name("tap-clevertap")
        command = [str(tap), "--config", str(config)]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603 - fixed
    return page


def digest(page: Path) -> str:
    """Return the digest of a page, the same for each run."""
    text = CHANGING.sub("", page.read_text(encoding="utf-8"))
    return hashlib.sha256(text.encode()).hexdigest()


def take(page: Path, folder: Path) -> None:
    """Write the picture of a page in light and in dark.

    Raises:
        ValueError: A picture is too large for a document.
    """
    from tests.partners.servers.browser import browser  # noqa: PLC0415 - needs playwright

    with browser() as chromium:
        for scheme in ("light", "dark"):
            file = folder / f"receipt-{scheme}.png"
            shown = chromium.new_page(viewport=SIZE, color_scheme=scheme)
            shown.goto(page.as_uri())
            shown.screenshot(path=file, full_page=True)
            if file.stat().st_size > MOST_BYTES:
                message = f"{file.name}: it has over {MOST_BYTES} bytes; take a smaller SIZE"
                raise ValueError(message)


def main() -> None:
    """Write both pictures and the digest of their page."""
    with tempfile.TemporaryDirectory() as folder:
        page = receipt(Path(folder))
        take(page, PICTURES)
        DIGEST.write_text(f"{digest(page)}\n")


if __name__ == "__main__":
    main()
