"""The process: its flags, its one line, its end, and its record of requests."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page_reader import Reader
from tests.support.walking import EVENTS, asking

COMMAND = [sys.executable, "-m", "clevertap_emulator"]
README = Path(__file__).parents[3] / "clevertap-emulator" / "README.md"


def run(*flags):
    return subprocess.run(
        [*COMMAND, *flags], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_signal_ends_it_promptly_and_quietly_even_with_requests_waiting(start_emulator):
    emulator = start_emulator(port=0)
    emulator.faults([{"match": {}, "action": {"delay": 60}}])
    with socket.create_connection(("127.0.0.1", int(emulator.url.rsplit(":", 1)[1]))) as waiting:
        waiting.sendall(b"GET /getSchema HTTP/1.1\r\nHost: x\r\n\r\n")
        while not emulator.requests()["requests"]:
            pass
        assert emulator.stop() == 0


@pytest.mark.parametrize("number", [2, 15], ids=["SIGINT", "SIGTERM"])
def test_it_writes_one_line_and_no_trace(number):
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert re.fullmatch(r"clevertap-emulator listening on http://127\.0\.0\.1:\d+\n", line)
    assert (rest, errors, process.returncode) == ("", "", 0)


@pytest.mark.parametrize("path", ["/_emulator/faults", "/_emulator/rows", "/1/upload"])
def test_a_client_that_goes_away_in_its_request_leaves_no_trace(path):
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as leaving:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n["
            leaving.sendall(head.encode())
        with socket.create_connection(("127.0.0.1", port)) as later:
            head = "GET /_emulator/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            later.sendall(head.encode())
            while later.recv(4096):
                pass
        process.terminate()
        assert process.communicate(timeout=10) == ("", "")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--host", "0.0.0.0"], "not a loopback address"),  # noqa: S104 - it is refused
        (["--timezone", "Mars/Base"], "not an IANA time zone"),
        (["--today", "2026-02-30"], "not a day"),
        (["--today", "9999-12-31"], "out of range"),
        (["--days", "1000000"], "--days"),
        (["--contract", "spoken"], "--contract"),
    ],
    ids=["host", "timezone", "today", "range", "days", "contract"],
)
def test_a_wrong_flag_is_explained(flags, named):
    ended = run(*flags)
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_explained(emulator):
    ended = run("--port", emulator.url.rsplit(":", 1)[1])
    assert ended.returncode == 1
    assert "choose another port" in ended.stderr


def test_the_readme_lists_every_flag_with_its_default():
    shown = run("--help").stdout
    flags = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE)) - {"--version"}
    of_server = README.read_text().partition("\n## Export files\n")[0]
    assert set(re.findall(r"^\| `(--[a-z-]+)", of_server, re.MULTILINE)) == flags


def test_the_quick_start_of_the_readme_works_when_it_is_pasted(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with Reader(folder) as reader:
        ended = reader.run("clevertap-emulator/README.md", "Quick start", "bash")
    assert '"cursor"' in ended.output
    assert ended.output.count("Order Placed") >= 1


def test_each_request_is_recorded_without_secrets(clean):
    question = asking(clean, "Charged")
    cursor = clean.api("POST", EVENTS, params={"batch_size": 50}, json=question).json()["cursor"]
    clean.api("GET", f"{EVENTS}?cursor={cursor}")
    clean.api("POST", "/1/upload", json={"d": [{"type": "event"}, {}]})
    recorded = clean.requests()
    opening, page, upload = recorded["requests"]
    assert (opening["kind"], opening["event_name"], opening["from"]) == (
        "open",
        "Charged",
        question["from"],
    )
    assert opening["flags"] == {"batch_size": "50"}
    assert (page["kind"], page["status"], page["answer_bytes"] > 100) == ("page", 200, True)
    named = ("event_name", "from", "to")
    assert [page[key] for key in named] == [opening[key] for key in named]
    assert (upload["kind"], upload["records"], upload["in_flight"]) == ("upload", 2, 1)
    assert recorded["counts"] == {"open": 1, "page": 1, "upload": 1}
    assert clean.passcode not in str(recorded).replace("clevertap_emulator", "")
    assert cursor[:40] not in str(recorded)
    assert clean.requests(since=2)["requests"] == [upload]


def run_python(code):
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.split()


def test_importing_the_package_loads_nothing_of_it():
    code = """
import sys
import clevertap_emulator
print(*(name for name in sys.modules if name.startswith(("clevertap_emulator.", "starlette"))))
"""
    assert run_python(code) == []


def test_the_public_names_build_an_application_that_opens_nothing():
    code = """
import sys, threading
from clevertap_emulator import *
opened = []
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "sqlite3.")):
        opened.append(event)
    if event == "open" and isinstance(arguments[1], str) and arguments[1].strip("rbt"):
        opened.append(event)
sys.addaudithook(watch)
app = create_app(Settings(days=2))
print(callable(app), threading.active_count(), *opened)
"""
    assert run_python(code) == ["True", "1"]


def test_a_cut_connection_without_the_own_server_is_explained():
    code = """
import asyncio, json
from clevertap_emulator import create_app
app = create_app()
async def call(path, body=b""):
    async def receive():
        return {"type": "http.request", "body": body}
    async def send(message):
        pass
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
    await app(scope, receive, send)
fault = [{"match": {}, "action": {"cut": "before"}}]
asyncio.run(call("/_emulator/faults", json.dumps(fault).encode()))
try:
    asyncio.run(call("/getSchema"))
except RuntimeError as error:
    print("clevertap_emulator.testing" in str(error))
"""
    assert run_python(code) == ["True"]
