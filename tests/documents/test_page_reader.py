"""Who follows a page gets what its reader would: one shell, its errors, its background."""

from __future__ import annotations

import pytest
import requests

from tests.support.page_reader import Reader


@pytest.fixture
def reader(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with Reader(folder) as started:
        yield started


def test_what_a_block_sets_holds_for_the_next(reader, tmp_path):
    reader.type("plain=1; export exported=2; list=(3 4); mkdir inner; cd inner")
    shown = reader.type('echo $plain ${list[1]}; sh -c "echo $exported"; pwd')
    assert shown.output.split() == ["1", "4", "2", str(tmp_path / "folder" / "inner")]


@pytest.mark.parametrize("command", ["false", "false | cat", "f() { false; }; f", "! true; false"])
def test_a_block_ends_where_a_command_fails(reader, command):
    ended = reader.type(f"echo before\n{command}\necho after", expected=1)
    assert ended.output == "before\n"
    assert reader.type("echo next").output == "next\n"


def test_a_block_that_ends_the_shell_has_its_status(reader):
    assert reader.type("sleep 60 &\nexit 3", expected=None).status == 3


def test_another_status_than_the_expected_fails_with_what_was_run(reader):
    with pytest.raises(AssertionError, match=r"(?s)echo seen >&2; false.*seen"):
        reader.type("echo seen >&2; false")


def test_what_is_left_in_the_background_is_ended(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with Reader(folder) as reader:
        url = f"http://127.0.0.1:{reader.port}"
        reader.run("clevertap-emulator/README.md", "Quick start", "bash")
        assert requests.get(f"{url}/_emulator/health", timeout=60).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_emulator/health", timeout=5)


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ('pip install "git+https://github.com/OWNER/clevertap-singer.git#x"', ":"),
        ("pipx install meltano\nmeltano install", ":\nmeltano install"),
        ("pip install duckdb", "pip install duckdb"),
        ("clevertap-emulator &", "clevertap-emulator --port PORT &"),
        ("clevertap-emulator --days 3 --port 8025", "clevertap-emulator --days 3 --port PORT"),
        ("clevertap-emulator push --to x", "clevertap-emulator push --to x"),
        ("curl https://in1.api.clevertap.com/1", "curl http://127.0.0.1:PORT/1"),
        (
            "export TAP_CLEVERTAP_ACCOUNT_ID=…  # yours: …",
            "export TAP_CLEVERTAP_ACCOUNT_ID=TEST-000-0000  # yours: …",
        ),
    ],
)
def test_only_what_has_to_be_is_replaced(reader, typed, run):
    assert reader.as_run(typed) == run.replace("PORT", str(reader.port))


def test_a_value_that_nothing_replaces_is_found(reader):
    with pytest.raises(AssertionError, match="TAP_POSTGRES_HOST"):
        reader.as_run("export TAP_POSTGRES_HOST=…")
