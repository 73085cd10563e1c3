"""The emulator's page in a real browser: what plugins did, faults by clicks, any name and width."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe

from tap_clevertap._plugin.shown import visible
from tests.partners.servers.browser import MISSING, browser, installed
from tests.support.emulator_page import VIEWS, WatchedPage, served, until
from tests.support.plugin_process import run_tap, tap_config
from tests.support.receipts import EVIL_NAMES
from tests.support.target_process import TargetProcess, orders

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)

REBOUND = "rebound.example.com"
FITS = "() => document.documentElement.scrollWidth <= innerWidth"
FOCUSED = "() => document.activeElement.textContent.trim()"
WIDTHS = [320, 640, 768, 1280, 1600]
REFUSE_ONE = {"match": {"kind": "upload", "times": 1}, "action": {"record_code": {"1": 515}}}
FAULTS = [
    {"match": {"kind": "upload", "every": 4}, "action": {"status": 503}},
    {"match": {"kind": "page", "event_name": "Charged"}, "action": {"cut": "after"}},
]


@pytest.fixture(scope="module")
def chromium():
    with browser(REBOUND, "localhost") as started:
        yield started


@pytest.fixture
def running(start_emulator):
    return start_emulator(timezone="UTC", days=5, users=50, events_per_day=200, preparing=0)


@pytest.fixture(scope="module")
def evil(start_emulator_for_module):
    """An emulator that has one of everything, with evil names."""
    emulator = start_emulator_for_module(days=5, users=50, events_per_day=200, preparing=0)
    events = [{"type": "event", "identity": name, "evtName": name} for name in EVIL_NAMES]
    profile = {"Email": "evil@example.com", "Name": EVIL_NAMES[1], EVIL_NAMES[0]: EVIL_NAMES[2]}
    profiles = [{"type": "profile", "identity": EVIL_NAMES[1], "profileData": profile}]
    refused = [
        {"type": "profile", "identity": name, "profileData": {"Age": name}} for name in EVIL_NAMES
    ]
    upload = {"d": [*events, *profiles, *refused, *({"type": name} for name in EVIL_NAMES)]}
    assert emulator.api("POST", "/1/upload", json=upload).status_code == 200
    for name in EVIL_NAMES:
        asked = {"event_name": name, "from": 20200101, "to": 20200102}
        emulator.api("POST", "/1/events.json", json=asked)
        emulator.api("GET", f"/{name}".replace("/..", ""))
    emulator.faults(
        [{"match": {"event_name": name}, "action": {"body": name}} for name in EVIL_NAMES]
    )
    return emulator


def test_what_the_target_wrote_and_the_tap_read_is_shown(chromium, running, tmp_path):
    page = WatchedPage(chromium, running.url).open()
    running.faults([REFUSE_ONE])
    target = TargetProcess(running, tmp_path)
    assert target.run(orders(120), max_rejects=1).status == 0
    assert target.rejected_codes() == {515: 1}
    page.until_figure("Events", 119)
    page.until_figure("Refused records", 1)
    page.open("records?kind=refused")
    assert "Email is not valid" in page.page.locator("tbody").inner_text()
    output = run_tap(tap_config(running, timezone="UTC", events=["Charged"]))
    assert output.status == 0, output.log
    page.open("requests")
    logged = running.requests()["requests"]
    rows = page.page.locator("tbody tr")
    until(lambda: rows.count() == len(logged), page.page)
    upload = rows.filter(has_text="/1/upload").first.locator("td").all_inner_texts()
    assert "Upload" in upload
    assert rows.filter(has_text="Charged").count() == sum(
        each["event_name"] == "Charged" for each in logged
    )
    page.assert_quiet()


def test_a_fault_that_is_switched_on_by_clicks_is_met_by_the_target(chromium, running, tmp_path):
    page = WatchedPage(chromium, running.url).open("faults")
    form = page.page.locator("form.grid")
    form.locator("[name=fault]").select_option("503 with Retry-After")
    form.locator("[name=rate]").select_option("On the first requests only")
    form.locator("[name=rateValue]").fill("2")
    assert '"times":2' in form.inner_text()
    form.get_by_label("Seconds of Retry-After").fill("1")
    form.get_by_role("button", name="Switch on").click()
    page.notice("Switched on: 503 with Retry-After.")
    target = TargetProcess(running, tmp_path)
    assert target.run(orders(20)).status == 0
    statuses = [each["status"] for each in target.requests()]
    assert statuses[:2] == [503, 503]
    row = page.page.locator(".faults tbody tr")
    until(lambda: row.locator("td.n").all_inner_texts() == [str(len(statuses)), "2"], page.page)
    page.page.get_by_role("button", name="Switch off: 503 with Retry-After").click()
    page.notice("Switched off: 503 with Retry-After.")
    assert running._own("GET", "faults", {})["faults"] == []
    assert len(target.stored()) == 20
    page.assert_quiet()


FORM = {
    "429, too many requests": {"status": 429},
    "502 with the page of a gateway": {"status": 502, "html": True},
    "Connection cut, without effect": {"cut": "before"},
    "Connection cut after the effect": {"cut": "after"},
    "Response cut in the middle": {"truncate": 20},
    "Slow response": {"delay": 5},
    "Expired cursor": {"expire_cursor": True},
    "Export still in progress": {"reset_code2": 3},
    "First record refused with a code": {"record_code": {"1": 555}},
    "Counts differ by": {"count": {"add": 1}},
}


def test_every_fault_of_the_form_is_understood_and_named_again(chromium, running):
    page = WatchedPage(chromium, running.url).open("faults")
    fault = page.page.locator("form.grid [name=fault]")
    labels = fault.locator("option").all_inner_texts()
    assert {*FORM, "503 with Retry-After"} == set(labels)
    for label, action in FORM.items():
        fault.select_option(label)
        page.page.get_by_role("button", name="Switch on").click()
        page.page.get_by_role("button", name=f"Switch off: {label}").wait_for()
        active = running._own("GET", "faults", {})["faults"][-1]
        assert action.items() <= active["action"].items()
    page.page.get_by_role("button", name="Switch all off").click()
    page.notice("All faults are off.")
    page.assert_quiet()


def test_what_an_expert_writes_wrong_is_explained_by_the_emulator(chromium, running):
    page = WatchedPage(chromium, running.url).open("faults")
    text = page.page.get_by_label("A list of faults")
    text.fill('[{"match": {"kind": "spoon"}, "action": {}}]')
    page.page.get_by_role("button", name="Add").click()
    error = page.page.get_by_role("alert")
    error.wait_for()
    assert "spoon" in error.inner_text()
    assert text.input_value().startswith('[{"match": {"kind": "spoon"')
    text.fill(
        '[{"match": {}, "action": {"delay": 0.01}}, {"match": {}, "action": {"empty": true}}]'
    )
    page.page.get_by_role("button", name="Replace all").click()
    page.notice("All faults are replaced.")
    assert not error.is_visible()
    until(lambda: page.page.locator(".faults tbody tr").count() == 2, page.page)
    assert [each for each in page.noise if "400" not in each] == []


def test_names_are_shown_and_nothing_else_happens(chromium, evil):
    page = WatchedPage(chromium, evil.url)
    wanted = {visible(name) for name in EVIL_NAMES}
    for view in ("days", "requests", "faults", "records?kind=refused"):
        page.open(view)
        assert wanted <= set(page.page.locator("tbody bdi").all_text_contents()), view
        assert page.page.title().endswith(" · CleverTap emulator")
        assert page.page.locator("#app :is(script, img, b b)").count() == 0
    hebrew = page.page.locator("bdi", has_text="שלום").first
    assert hebrew.evaluate("each => getComputedStyle(each).direction") == "rtl"
    page.assert_quiet()


LOOK_ALIKE = (
    *(
        "anna rao",
        "anna  rao",
        "anna   rao",
        " anna rao",
        "anna rao ",
        r"anna\u00a0rao",
        r"anna\u2003rao",
    ),
    *(f"anna{blank}rao" for blank in "\xa0\u1680\u2003\u2009\u202f\u205f\u3000\u2028\u2029\ufeff"),
    *(f"anna{unseen}rao" for unseen in "\u200b\u200d\u034f\u115f\u2800\ufe0f\U000e0100\x7f\x85"),
    *("\xc5", "A\u030a", "\u212b", "\ud55c", "\u1112\u1161\u11ab", "a\u0327\u0301", "\xe1\u0327"),
)
"""Contents of JSON strings, as they are written there."""
AS_SHOWN = """codes => codes.map(code => [...code.childNodes].map(node =>
  node.nodeName === 'MARK'
    ? node.textContent.replace(/^\\\\[xuU](.+)$/,
        (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
    : node.nodeType === Node.TEXT_NODE ? node.data : '').join(''))"""


def test_every_character_of_a_record_is_shown_as_it_came(chromium, running):
    properties = ",".join(f'"p{place}":"{each}"' for place, each in enumerate(LOOK_ALIKE))
    sent = [
        f'{{"type":"event","identity":"anna","evtName":"Seen", "evtData":{{"a":"{each}"}}}}'
        for each in LOOK_ALIKE
    ]
    profile = f'{{"type":"profile",\n  "identity":"anna",\r\n\t"profileData":{{{properties}}}}}'
    body = f'{{"d":[{",".join([*sent, profile])}]}}'.encode()
    assert running.api("POST", "/1/upload", data=body).json()["unprocessed"] == []
    page = WatchedPage(chromium, running.url).open("records?kind=events")
    codes = page.page.locator("tbody td code")
    assert codes.evaluate_all(AS_SHOWN) == sent[::-1]
    looks = [each.inner_html() for each in codes.all()]
    assert len({*looks}) == len(LOOK_ALIKE)
    texts = {each.inner_text() for each in codes.all()}
    assert len(texts) == len(LOOK_ALIKE) - 1  # an escape that came is as text what ours is
    page.open("users?key=anna")
    profile_shown = page.page.locator("section:has-text('Profiles') td code")
    assert profile_shown.all_inner_texts()[0].startswith(
        r'{"type":"profile",\n  "identity":"anna",\r\n\t"profileData":'
    )
    facts = page.page.locator(".facts code").evaluate_all(AS_SHOWN)[0]
    kept = {f"p{place}": msgspec.json.decode(f'"{each}"') for place, each in enumerate(LOOK_ALIKE)}
    assert msgspec.json.decode(facts) == kept
    page.assert_quiet()


def test_bytes_that_are_no_characters_are_told_apart(chromium, running):
    for byte in (b"\xe8", b"\xe9", "\ufffd".encode()):
        running.api("POST", "/1/upload", data=b'{"d":[{"type":"event","identity":"%b"}]}' % byte)
    page = WatchedPage(chromium, running.url).open("records?kind=refused")
    shown = page.page.locator("tbody td code").all_inner_texts()
    assert len({*shown}) == 3
    page.assert_quiet()


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_a_user_of_any_name_is_found_from_the_refusals(chromium, evil, name):
    page = WatchedPage(chromium, evil.url).open("records?kind=refused")
    page.page.get_by_role("link", name=visible(name), exact=True).first.click()
    page.page.get_by_role("heading", level=2).wait_for()
    assert page.page.get_by_label("Identity, CleverTap ID").input_value() == name
    assert page.page.locator("caption").all_inner_texts()[:1] == ["Events"]
    page.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [*VIEWS, "records?kind=refused", "users?key=evil@example.com"])
def test_axe_finds_nothing(chromium, evil, view, scheme):
    page = WatchedPage(chromium, evil.url, color_scheme=scheme, reduced_motion="reduce").open(view)
    found = Axe().run(page.page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_axe_finds_nothing_where_nothing_arrived_and_in_the_dialog(chromium, running):
    page = WatchedPage(chromium, running.url, reduced_motion="reduce")
    for view in VIEWS:
        assert Axe().run(page.open(view).page).response["violations"] == [], view
    page.page.get_by_role("button", name="Reset …").click()
    assert Axe().run(page.page).response["violations"] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_on_any_screen(chromium, evil, width):
    page = WatchedPage(chromium, evil.url, viewport={"width": width, "height": 800})
    for view in (*VIEWS, "records?kind=refused", "users?key=evil@example.com"):
        page.open(view)
        assert page.page.evaluate(FITS), view
    page.open("days").page.get_by_text("Figures of each day").click()
    assert page.page.evaluate(FITS)


def test_all_is_done_by_keyboard(chromium, running):
    page = WatchedPage(chromium, running.url).open()
    keyboard = page.page.keyboard
    keyboard.press("Tab")
    assert page.page.evaluate(FOCUSED) == "Skip to the content"
    assert page.page.locator(".skip").bounding_box()["x"] >= 0
    keyboard.press("Enter")
    assert page.page.evaluate("() => document.activeElement.id") == "content"
    keyboard.press("Shift+Tab")
    assert page.page.evaluate(FOCUSED) == "Settings"
    keyboard.press("Shift+Tab")
    outline = "() => getComputedStyle(document.activeElement).outlineStyle"
    assert page.page.evaluate(outline) == "solid"
    keyboard.press("Enter")
    page.page.get_by_role("heading", level=1, name="Faults").wait_for()
    page.until_loaded()
    assert page.page.evaluate("() => document.activeElement.id") == "content"
    while page.page.evaluate(FOCUSED) != "Switch on":
        keyboard.press("Tab")
    keyboard.press("Enter")
    page.notice("Switched on: 429, too many requests.")
    while page.page.evaluate(FOCUSED) != "Reset …":
        keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    assert page.page.evaluate(FOCUSED) == "Cancel"
    keyboard.press("Escape")
    assert page.page.evaluate(FOCUSED) == "Reset …"
    assert len(running.fired()) == 1
    keyboard.press("Enter")
    keyboard.press("Tab")
    assert page.page.evaluate(FOCUSED) == "Reset"
    keyboard.press("Enter")
    page.notice("Everything that arrived is forgotten.")
    assert running.fired() == []
    page.assert_quiet()


def test_the_plot_is_read_aloud_and_its_figures_open_by_keyboard(chromium, running):
    day = running.truth(kind="events")["today"]
    running.rows("Charged", day, add=700)
    page = WatchedPage(chromium, running.url).open("days?event=Charged")
    label = page.page.get_by_role("img").get_attribute("aria-label")
    assert "Events of 5 days" in label
    assert "700 uploaded" in label
    row = page.page.locator("details tbody tr").last
    assert not row.is_visible()
    page.page.locator("summary").press("Enter")
    assert row.locator("td").last.inner_text() == "700"
    tallest = page.page.locator("svg .uploaded").last.bounding_box()["height"]
    assert tallest > 100
    page.page.wait_for_timeout(1500)
    assert row.is_visible()


def test_back_and_forward_lead_through_the_views(chromium, evil):
    page = WatchedPage(chromium, evil.url).open()
    page.page.get_by_role("link", name="Requests", exact=True).first.click()
    page.page.get_by_label("Kind").select_option("Upload")
    until(lambda: page.page.url.endswith("#/requests?kind=upload"), page.page)
    until(lambda: page.page.locator("tbody tr").count() == 1, page.page)
    page.page.get_by_role("navigation", name="Views").get_by_role("link", name="Days").click()
    page.page.get_by_role("heading", level=1, name="Days").wait_for()
    page.page.go_back()
    page.page.get_by_role("heading", level=1, name="Requests").wait_for()
    until(lambda: page.page.get_by_label("Kind").input_value() == "upload", page.page)
    page.page.go_back()
    until(lambda: page.page.get_by_label("Kind").input_value() == "", page.page)
    page.page.go_forward()
    until(lambda: page.page.get_by_label("Kind").input_value() == "upload", page.page)
    page.assert_quiet()


def test_a_restart_under_the_open_page_is_told_and_it_goes_on(chromium, start_emulator):
    first = start_emulator(days=1, users=5)
    first.api("GET", "/getSchema")
    page = WatchedPage(chromium, first.url).open("requests")
    assert page.page.locator("tbody tr").count() == 1
    first.stop()
    page.notice("The emulator does not answer.")
    page.page.get_by_text("No answer").wait_for()
    again = start_emulator(days=1, users=5, port=urlsplit(first.url).port)
    page.notice("The emulator was restarted: all figures begin again.")
    page.page.get_by_text("No such request is kept.").wait_for()
    again.api("GET", "/1/targets/list.json")
    page.page.get_by_text("/1/targets/list.json").wait_for()
    assert page.page.locator("tbody tr").count() == 1


def test_a_pause_keeps_what_is_shown(chromium, running):
    page = WatchedPage(chromium, running.url).open("requests")
    pause = page.page.get_by_role("button", name="Pause")
    pause.click()
    page.notice("Paused")
    running.api("GET", "/getSchema")
    page.page.wait_for_timeout(2500)
    assert page.page.locator("tbody tr").count() == 0
    assert pause.get_attribute("aria-pressed") == "true"
    pause.click()
    page.page.get_by_text("/getSchema").wait_for()
    page.assert_quiet()


def break_it(project):
    project.handle = lambda request: request.unforeseen


def test_a_failure_of_the_emulator_itself_is_shown_as_500(chromium):
    with served(break_it) as url:
        assert requests.get(f"{url}/getSchema", timeout=30).status_code == 500
        page = WatchedPage(chromium, url).open("requests?failed=on")
        assert page.page.locator("tbody .chip").all_inner_texts() == ["500"]
        outcomes = page.open().page.locator("section:has(#outcomes) tbody .chip")
        assert outcomes.all_inner_texts() == ["500"]
        page.assert_quiet()


def fill(project):
    """Log 200,000 requests, and store 100,000 records."""
    for number in range(200_000):
        logged = project.journal.add("POST", "/1/upload", "upload")
        logged.status, logged.records = 200 if number % 1000 else 503, 1000
        project.journal.settle(logged)
    record = msgspec.Raw(b'{"type":"event","identity":"anna","evtName":"Bulk"}')
    for number in range(100_000):
        project.uploads.process(record, number, 1)


def test_two_hundred_thousand_requests_cost_no_more_than_fifty(chromium):
    with served(fill) as url:
        page = WatchedPage(chromium, url).open("requests?failed=on")
        assert page.page.locator("tbody th").first.inner_text().endswith("199,001")
        page.page.get_by_role("link", name="Older").click()
        until(lambda: page.page.locator("tbody th").first.inner_text() == "149,001", page.page)
        assert page.page.locator("tbody tr").count() == 50
        page.open("users?key=anna")
        assert "the newest 50 of 100,000" in page.page.locator("caption").first.inner_text()
        page.open()
        assert page.figure("Requests") == 200_000
        sizes = page.page.evaluate(
            "() => performance.getEntriesByType('resource').map(each => each.encodedBodySize)"
        )
        assert max(sizes) < 50_000
        page.assert_quiet()


ATTACK = """<form method="post" action="URL/_emulator/reset"></form><script>
const seen = [];
const tries = [
  () => fetch('URL/_emulator/reset', {method: 'POST', mode: 'no-cors'}),
  () => fetch('URL/_emulator/faults', {method: 'POST', mode: 'no-cors', body: '[]'}),
  () => fetch('URL/_emulator/faults', {method: 'DELETE'}),
  () => fetch('URL/_emulator/uploads').then(answer => answer.text()).then(text => seen.push(text)),
];
Promise.allSettled(tries.map(each => each())).then(() => { document.title = 'done ' + seen; });
</script>"""


@pytest.fixture
def other_site(running):
    """The URL of a page of another site, which attacks."""
    page = ATTACK.replace("URL", running.url).encode()

    class Attacker(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Attacker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", REBOUND])
def test_another_site_changes_nothing_and_reads_nothing(chromium, running, other_site, host):
    running.faults(FAULTS)
    running.api("GET", "/getSchema")
    page = chromium.new_page()
    page.goto(f"http://{host}:{other_site}/")
    page.wait_for_function("() => document.title.startsWith('done')")
    assert page.title() == "done"
    page.evaluate("() => document.forms[0].submit()")
    page.wait_for_url("**/_emulator/reset")
    assert len(running.fired()) == 2
    assert len(running.requests()["requests"]) == 1


def test_a_name_that_was_rebound_reads_nothing(chromium, running):
    port = urlsplit(running.url).port
    page = chromium.new_page()
    for path in ("", "uploads", "page/main.js"):
        answer = page.goto(f"http://{REBOUND}:{port}/_emulator/{path}")
        assert answer.status == 403
        assert "may lead here from anywhere" in answer.text()


def test_no_script_of_another_kind_runs_on_the_page(chromium, running):
    page = WatchedPage(chromium, running.url).open()
    ran = page.page.evaluate("""() => {
      const script = document.createElement('script');
      try { script.textContent = 'window.ran = true'; } catch { return 'refused'; }
      document.body.append(script);
      return String(window.ran);
    }""")
    assert ran == "refused"
    assert page.page.evaluate("() => fetch('https://127.0.0.1:1/').catch(() => 'no')") == "no"
    assert any("Content Security Policy" in each for each in page.noise)
