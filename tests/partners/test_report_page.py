"""The report's page in a real browser: light, dark, printed, and with any name."""

from __future__ import annotations

import pytest

from target_clevertap._plugin.shown import visible
from target_clevertap.report.page import report_page
from tests.partners.servers.browser import MISSING, browser, installed
from tests.partners.test_receipt_page import BODY_GROUND, CONTRAST, PRINT, READABLE, opened
from tests.support.receipts import EVIL_NAMES
from tests.support.run_reports import facts_of

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(report_page(facts_of()))
    return path


def test_names_are_shown_and_nothing_else_happens(chromium, path):
    page, noise = opened(chromium, path)
    assert noise == []
    assert page.title().startswith("CleverTap TEST-000-0000: rejects")
    labels = page.locator(".list tbody th bdi").all_text_contents()
    assert {visible(name) for name in EVIL_NAMES} <= set(labels)
    assert page.locator("script, img, h1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark", PRINT])
def test_all_text_is_readable(chromium, path, scheme):
    page, _ = opened(chromium, path, color_scheme="dark" if scheme == PRINT else scheme)
    if scheme == PRINT:
        page.emulate_media(media="print", color_scheme="dark")
    contrast = page.evaluate(CONTRAST)
    assert {name: ratio for name, ratio in contrast.items() if ratio < READABLE} == {}
    assert (page.evaluate(BODY_GROUND) != "rgb(255, 255, 255)") == (scheme == "dark")


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_on_any_screen(chromium, path, width):
    page, _ = opened(chromium, path, viewport={"width": width, "height": 800})
    assert page.evaluate(FITS)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_charts_are_read_aloud_and_their_figures_open_by_keyboard(chromium, path):
    page, _ = opened(chromium, path)
    charts = page.get_by_role("img")
    assert charts.count() == 2
    assert "records delivered: at most 16,000" in (charts.first.get_attribute("aria-label") or "")
    row = page.locator("details tbody tr").first
    assert not row.is_visible()
    page.locator("summary").press("Enter")
    assert row.is_visible()
    bars = page.locator("svg").first.locator("rect")
    tallest = max(bars.nth(place).bounding_box()["height"] for place in range(20))
    assert tallest > 100
