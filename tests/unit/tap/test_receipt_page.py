"""The receipt as a page: well-formed, self-contained, and everything in it from outside escaped."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from tap_clevertap._plugin.shown import visible
from tap_clevertap.receipt.page import receipt_page
from tap_clevertap.receipt.receipt import DayResult, EventResult, ReceiptSum
from tests.support.receipts import EVIL_NAMES, FACTS, LAST, kinds, receipt

SELF_CONTAINED = {"src", "href", "action", "data", "srcset", "background", "onerror", "onload"}
SYMBOLS = ["97", "▼ 95/97", "▲ 99/97", "? 98", "… 96", "↻ 94", "93 =3", "·", "▼ 1.23M -2", "99,999"]


class Read(HTMLParser):
    """What a browser would make of the page, roughly."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.labels, self.cells = [], []
        self.spans = 0
        self._into = None
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "bdi":
            self.labels.append("")
            self._into = self.labels
        elif tag in {"td", "th", "tr"}:
            self._into = None
            if tag == "td":
                self.cells.append("")
                self._into = self.cells
                self.spans += int(dict(attrs).get("colspan", 1))

    def handle_endtag(self, tag):
        if tag in {"bdi", "table", "tbody"}:
            self._into = None

    def handle_data(self, data):
        if self._into is not None:
            self._into[-1] += data


def test_names_from_outside_are_text():
    read = Read(receipt_page(receipt(EVIL_NAMES, 3), FACTS))
    assert {visible(name) for name in EVIL_NAMES} <= set(read.labels)
    assert "Push <Impressions>" in read.labels
    assert read.tags.isdisjoint({"script", "img", "b", "h4", "iframe", "link", "object"})
    assert read.attributes.isdisjoint(SELF_CONTAINED)


def test_every_kind_of_day_differs_without_its_colour():
    read = Read(receipt_page(receipt(["Charged"], len(kinds())), FACTS))
    shown = [cell.strip() for cell in read.cells][-len(SYMBOLS) :]
    assert shown == SYMBOLS
    assert len(set(shown)) == len(SYMBOLS)


def test_a_rounded_number_has_its_digits_in_the_tooltip():
    page = receipt_page(receipt(["Charged"], len(kinds())), FACTS).decode()
    assert 'title="1,234,567 rows, 1,234,569 counted, 0 twins"' in page


def test_days_that_are_alike_and_empty_are_one_cell():
    days = {LAST - timedelta(offset): DayResult(0, 0, closed=True) for offset in range(20)}
    page = receipt_page({"Rare": EventResult(days=days)}, FACTS).decode()
    assert page.count("colspan=20") == 1


def test_a_long_list_of_differences_is_cut_and_says_so():
    days = {LAST - timedelta(n): DayResult(1, 2, closed=True, missing=True) for n in range(1500)}
    page = receipt_page({"Charged": EventResult(days=days)}, FACTS).decode()
    assert page.count("-1: fewer rows than counted") == 1000
    assert "And 500 more" in page


def test_a_run_that_read_nothing_has_a_page():
    page = receipt_page({}, FACTS).decode()
    assert "No day of any event was read." in page


def test_a_year_of_five_hundred_events_is_a_few_megabytes():
    names = [f"Event {number}" for number in range(500)]
    page = receipt_page(receipt(names, 365), FACTS)
    assert len(page) < 12_000_000


@pytest.mark.parametrize("field", ["gaps", "closed_days", "proved_days", "rows", "twins"])
def test_the_sum(field):
    days = {LAST - timedelta(at): day for at, day in enumerate(kinds())}
    found = ReceiptSum.of({"Charged": EventResult(days=days)})
    expected = {
        "gaps": 2,
        "closed_days": 10,
        "proved_days": 6,
        "rows": sum(day.rows for day in kinds()),
        "twins": 3,
    }
    assert getattr(found, field) == expected[field]
