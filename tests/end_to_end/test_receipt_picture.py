"""The picture in docs/receipt.md is of the page that a run writes now."""

from __future__ import annotations

from scripts.pictures.receipt import DIGEST, MOST_BYTES, PICTURES, digest, receipt


def test_the_page_in_the_picture_is_that_of_a_run(tmp_path):
    page = receipt(tmp_path)
    assert "Complete." in page.read_text()
    assert digest(page) == DIGEST.read_text().strip(), "run make screenshots"


def test_another_page_has_another_digest(tmp_path):
    page = tmp_path / "receipt.html"
    page.write_text("<p>2026-11-29 07:48:38 UTC, 2 seconds, 4 exports, 97 rows</p>")
    first = digest(page)
    page.write_text("<p>2026-11-30 08:00:00 UTC, 9 seconds, 5 exports, 97 rows</p>")
    assert digest(page) == first
    page.write_text("<p>2026-11-30 08:00:00 UTC, 9 seconds, 5 exports, 98 rows</p>")
    assert digest(page) != first


def test_both_pictures_are_small_enough_for_a_document():
    sizes = [(PICTURES / f"receipt-{scheme}.png").stat().st_size for scheme in ("light", "dark")]
    assert max(sizes) < MOST_BYTES
