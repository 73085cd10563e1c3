"""The receipt's page in a real browser: light, dark, printed, with any name, and large."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tap_clevertap._plugin.shown import visible
from tap_clevertap.receipt.page import receipt_page
from tests.partners.servers.browser import MISSING, browser, installed
from tests.support.plugin_process import run_tap, tap_config
from tests.support.receipts import EVIL_NAMES, FACTS, kinds, receipt

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)

READABLE = 4.5
"""The contrast that WCAG asks for, level AA."""
PRINT = "print"
CONTRAST = """() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const found = channels(getComputedStyle(each).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const element of document.querySelectorAll('td, th, p, dt, dd, h1, h2, h3, li')) {
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = element.tagName + '.' + element.className;
    found[name] = Math.min(found[name] ?? 99, ratio);
  }
  return found;
}"""
GROUNDS = """() => Object.fromEntries([...document.querySelectorAll('.month td')].map(
  each => [each.className, getComputedStyle(each).backgroundColor]))"""
BODY_GROUND = "() => getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "receipt.html"
    path.write_bytes(receipt_page(receipt(EVIL_NAMES, 2 * len(kinds())), FACTS))
    return path


def opened(chromium, path, **options):
    """Return the page, and what it asked for or complained of."""
    page, noise = chromium.new_page(**options), []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("dialog", lambda dialog: noise.append(dialog.message))
    page.on("request", lambda request: noise.append(request.url))
    page.goto(path.as_uri())
    return page, [each for each in noise if each != path.as_uri()]


def test_names_are_shown_and_nothing_else_happens(chromium, small):
    page, noise = opened(chromium, small)
    assert noise == []
    assert page.title().startswith("CleverTap TEST-000-0000: gap")
    labels = page.locator(".month tbody th bdi").all_text_contents()
    assert {visible(name) for name in EVIL_NAMES} <= set(labels)
    assert page.locator("script, img, h1").count() == 1
    hebrew = page.locator("bdi", has_text="שלום").first
    assert hebrew.evaluate("each => getComputedStyle(each).direction") == "rtl"
    row = page.locator(".month tbody tr", has_text="שלום").first
    assert row.evaluate("each => getComputedStyle(each).direction") == "ltr"


@pytest.mark.parametrize("scheme", ["light", "dark", PRINT])
def test_all_text_is_readable(chromium, small, scheme):
    page, _ = opened(chromium, small, color_scheme="dark" if scheme == PRINT else scheme)
    if scheme == PRINT:
        page.emulate_media(media="print", color_scheme="dark")
    contrast = page.evaluate(CONTRAST)
    assert {"TD.gap", "TD.surplus", "TD.proved", "TD.unproved", "TD.open"} <= set(contrast)
    assert {name: ratio for name, ratio in contrast.items() if ratio < READABLE} == {}
    is_dark = page.evaluate(BODY_GROUND) != "rgb(255, 255, 255)"
    assert is_dark == (scheme == "dark")
    grounds = page.evaluate(GROUNDS)
    assert len({grounds[name] for name in ("proved", "gap", "surplus", "unproved", "open")}) == 5


def test_a_month_fits_on_a_printed_page(chromium, small):
    page, _ = opened(chromium, small)
    page.set_viewport_size({"width": 1047, "height": 720})  # A4 landscape without its margins
    page.emulate_media(media="print")
    fits = "() => [...document.querySelectorAll('table')].every(t => t.scrollWidth <= innerWidth)"
    assert page.evaluate(fits)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_year_of_five_hundred_events_opens(chromium, tmp_path):
    path = tmp_path / "large.html"
    names = [f"Event {number}" for number in range(500)]
    path.write_bytes(receipt_page(receipt(names, 365), FACTS))
    page, noise = opened(chromium, path)
    assert noise == []
    last = page.locator("section:last-of-type tbody tr:last-child td:last-child")
    last.scroll_into_view_if_needed()
    assert last.is_visible()
    assert page.locator("section").count() == 13
    assert page.locator(".month td").count() > 100_000


def test_the_page_of_a_run(chromium, start_emulator, tmp_path):
    emulator = start_emulator(timezone="UTC", days=40, users=50, events_per_day=300)
    path = tmp_path / "receipt.html"
    start = datetime.now(timezone.utc).date() - timedelta(35)
    settings = {"timezone": "UTC", "start_date": start.isoformat(), "receipt_path": str(path)}
    output = run_tap(tap_config(emulator, **settings))
    assert output.status == 0, output.log
    page, noise = opened(chromium, path)
    assert noise == []
    assert "Complete." in page.locator(".status").inner_text()
    assert f"{len(output.events):,}" in page.locator("dl").inner_text()
    charged = sum(row["event_name"] == "Charged" for row in output.events)
    rows = page.locator(".month tbody tr", has_text="Charged")
    cells = rows.locator("td").all_text_contents()
    numbers = [cell.split("=")[0].strip(" ?…↻▼▲·").replace(",", "") for cell in cells]
    assert sum(int(number) for number in numbers if number) == charged
