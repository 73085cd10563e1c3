"""`make screenshots` takes its pictures in a real browser."""

from __future__ import annotations

import pytest

from scripts.pictures.receipt import receipt, take
from tests.partners.servers.browser import MISSING, installed


@pytest.mark.skipif(installed() is None, reason=MISSING)
def test_the_receipt_is_taken_in_light_and_in_dark(tmp_path):
    take(receipt(tmp_path), tmp_path)
    light, dark = ((tmp_path / f"receipt-{each}.png").read_bytes() for each in ("light", "dark"))
    assert light.startswith(b"\x89PNG")
    assert light != dark
