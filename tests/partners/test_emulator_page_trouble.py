"""The emulator's page in a real browser when something goes wrong, or is seldom so."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.partners.servers.browser import MISSING, browser, installed
from tests.support.emulator_page import WatchedPage, until

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)

FOCUSED = "() => document.activeElement.name || document.activeElement.id"
NAMES = 250
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")


@pytest.fixture(scope="module")
def chromium():
    with browser("localhost") as started:
        yield started


@pytest.fixture
def running(start_emulator):
    return start_emulator(timezone="UTC", days=5, users=50, events_per_day=200, preparing=0)


def test_an_emulator_that_was_halted_does_not_look_alive(chromium, running):
    page = WatchedPage(chromium, running.url).open()
    os.kill(running.process.pid, signal.SIGSTOP)
    try:
        page.notice("The emulator does not answer.")
        page.page.get_by_text("No answer").wait_for()
    finally:
        os.kill(running.process.pid, signal.SIGCONT)
    page.notice("The emulator answers again.")
    page.page.get_by_text("Live", exact=True).wait_for()


@pytest.mark.parametrize("body", ['{"instance": "a', "", "<html>Another program</html>"])
def test_an_answer_that_is_cut_or_not_json_is_none(chromium, running, body):
    page = WatchedPage(chromium, running.url).open()
    page.page.route("**/_emulator/summary", lambda route: route.fulfill(body=body))
    page.notice("The emulator does not answer.")
    page.page.unroute("**/_emulator/summary")
    page.notice("The emulator answers again.")
    page.assert_quiet()


def test_an_answer_of_another_version_is_told_and_the_page_goes_on(chromium, running):
    page = WatchedPage(chromium, running.url).open()
    content = running._own("GET", "summary", {})
    del content["records"]
    page.page.route("**/_emulator/summary", lambda route: route.fulfill(json=content))
    page.page.get_by_text("does not understand the emulator's answer").wait_for()
    page.page.unroute("**/_emulator/summary")
    page.until_figure("Requests", 0)


@pytest.mark.parametrize("view", ["nothing", "constructor", "__proto__", "toString?x=1"])
def test_an_address_of_no_view_is_the_overview(chromium, running, view):
    page = WatchedPage(chromium, running.url).open(view)
    page.page.get_by_role("heading", level=1, name="Overview").wait_for()
    assert page.figure("Requests") == 0
    page.assert_quiet()


def test_a_filter_that_is_refused_is_told_and_nothing_is_loading(chromium, running):
    page = WatchedPage(chromium, running.url).open("records?kind=spoons")
    assert "`spoons` is not valid" in page.page.get_by_role("alert").inner_text()
    assert page.page.get_by_text("Loading").count() == 0
    page.page.get_by_role("link", name="Records", exact=True).press("Enter")
    page.page.get_by_text("Events: none.").wait_for()
    assert page.page.get_by_role("alert").count() == 0


def test_a_reset_by_another_tab_is_told(chromium, running):
    running.api("GET", "/getSchema")
    page = WatchedPage(chromium, running.url).open("requests")
    running.reset()
    page.notice("Everything that arrived is forgotten.")
    page.page.get_by_text("No such request is kept.").wait_for()
    page.assert_quiet()


def test_filters_pages_and_switches_keep_the_focus(chromium, running):
    for _ in range(60):
        running.api("GET", "/getSchema")
    running.faults([{"match": {}, "action": {"status": 503}}])
    page = WatchedPage(chromium, running.url).open("requests")

    def is_focused(name):
        return lambda: page.page.evaluate(FOCUSED) == name

    page.page.get_by_label("Kind").focus()
    page.page.keyboard.press("ArrowDown")
    until(lambda: "kind=upload" in page.page.url, page.page)
    until(is_focused("kind"), page.page)
    page.open("requests")
    page.page.get_by_role("link", name="Older").press("Enter")
    page.page.get_by_role("link", name="Newest").wait_for()
    until(is_focused("content"), page.page)
    page.open("records")
    page.page.get_by_role("link", name="Profiles").press("Enter")
    chosen = "() => document.activeElement.getAttribute('aria-current')"
    until(lambda: page.page.evaluate(chosen) == "true", page.page)
    page.open("faults")
    page.page.get_by_role("button", name="Switch off").first.press("Enter")
    page.page.get_by_text("No fault is on.").wait_for()
    until(is_focused("content"), page.page)
    page.assert_quiet()


def test_the_form_shows_the_kind_of_requests_that_it_sends(chromium, running):
    page = WatchedPage(chromium, running.url).open("faults")
    kind = page.page.locator("form.grid [name=kind]")
    kind.select_option("page")
    kind.select_option("upload")
    page.page.locator("form.grid [name=fault]").select_option("Expired cursor")
    assert '"kind":"page"' in page.page.locator("form.grid").inner_text()
    assert kind.input_value() == "page"


def test_a_fault_that_does_nothing_has_a_name_to_switch_it_off_by(chromium, running):
    running.faults([{"match": {}, "action": {}}])
    page = WatchedPage(chromium, running.url).open("faults")
    page.page.get_by_role("button", name="Switch off: Nothing").click()
    page.notice("Switched off: Nothing.")
    page.assert_quiet()


def test_a_figure_that_is_typed_anew_is_the_one_that_was_typed(chromium, running):
    page = WatchedPage(chromium, running.url).open("faults")
    page.page.locator("form.grid [name=fault]").select_option("Slow response")
    seconds = page.page.get_by_label("Seconds", exact=True)
    seconds.fill("7")
    seconds.press("Backspace")
    assert seconds.input_value() == ""
    seconds.press_sequentially("12")
    assert seconds.input_value() == "12"
    assert '{"delay":12}' in page.page.locator("form.grid").inner_text()


def test_an_event_beyond_the_list_is_chosen_and_one_that_is_not_there_is_told(chromium, running):
    names = [f"Event {number:03}" for number in range(NAMES)]
    events = [{"type": "event", "identity": "anna", "evtName": name} for name in names]
    assert running.api("POST", "/1/upload", json={"d": events}).status_code == 200
    page = WatchedPage(chromium, running.url).open(f"days?event={names[-1].replace(' ', '+')}")
    assert page.page.locator("[name=event]").input_value() == names[-1]
    assert "1 uploaded" in page.page.get_by_role("img").get_attribute("aria-label")
    page.open("days?event=None+such")
    page.page.get_by_text("There is no event of this name.").wait_for()
    assert page.page.locator("[name=event]").input_value() == "None such"
    page.page.locator("[name=event]").select_option("")
    page.page.get_by_role("img").wait_for()
    page.assert_quiet()


def test_days_are_those_of_the_project_and_times_those_of_the_reader(chromium, running):
    today = running.truth(kind="none")["today"]
    running.api("GET", "/getSchema")
    page = WatchedPage(chromium, running.url, timezone_id=KIRITIMATI.key).open("days")
    assert "by day in UTC" in page.page.locator("figcaption").inner_text()
    last = page.page.locator("details tbody th").last.text_content()
    assert last.replace("-", "") == str(today)
    logged = datetime.fromtimestamp(running.requests()["requests"][0]["time"], KIRITIMATI)
    page.open("requests")
    assert page.page.locator("tbody time").inner_text() == f"{logged:%H:%M:%S}"
    page.page.clock.set_fixed_time(logged + timedelta(days=2))
    until(lambda: page.page.locator("tbody time").inner_text() == f"{logged:%F %T}", page.page)
    page.assert_quiet()


def test_a_clock_that_is_set_back_stops_nothing(chromium, running):
    page = WatchedPage(chromium, running.url).open("requests")
    page.page.clock.set_fixed_time(datetime.now(KIRITIMATI) - timedelta(hours=1))
    running.api("GET", "/getSchema")
    page.page.get_by_text("/getSchema").wait_for()
    page.assert_quiet()


def test_forced_colours_leave_what_is_chosen_visible(chromium, running):
    page = WatchedPage(chromium, running.url, forced_colors="active").open("records")
    colour = "each => getComputedStyle(each).borderBottomColor"
    for links in ("header nav a", ".tabs a"):
        chosen = page.page.locator(f"{links}[aria-current]:not([aria-current=false])")
        other = page.page.locator(f"{links}[aria-current=false]").first
        assert chosen.evaluate(colour) != other.evaluate(colour), links
