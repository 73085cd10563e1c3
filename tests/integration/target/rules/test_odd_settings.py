"""Settings that do not fit: one line that names each, with the reason and what to do."""

from __future__ import annotations

import json

import pytest

from tests.support.plugin_process import BIN, run_command

GOOD = {"account_id": "A-1", "passcode": "not-to-be-shown", "api_url": "http://127.0.0.1:9"}
STATE = '{"type":"STATE","value":{"n":1}}\n'


def run(folder, settings, **variables):
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "input").write_text(STATE)
    finished = run_command(
        [str(BIN / "target-clevertap"), "--config", "config.json", "--config", "ENV"],
        stdin=str(folder / "input"),
        cwd=folder,
        **variables,
    )
    return finished.returncode, finished.stdout, finished.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"region": "mars"}, ["region: `mars` is not a known one; set one of eu1, "]),
        ({"batch_size_rows": 0}, ["batch_size_rows: `0` is out of range; set at least 1"]),
        (
            {"streams": {"o": {"identity": "x", "repeat": "maybe"}}, "region": "mars"},
            ["streams.o.type: it is missing; set it", "streams.o.repeat: `maybe`", "region: "],
        ),
        ({"passcode": 5}, ["passcode: "]),
    ],
    ids=["unknown", "range", "several", "kind"],
)
def test_in_a_file(tmp_path, settings, words):
    status, states, log = run(tmp_path, GOOD | settings)
    assert (status, states) == (1, "")
    assert all(word in log for word in words), log
    assert "Traceback" not in log
    assert "not-to-be-shown" not in log


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("MAX_IN_FLIGHT", "x", "a whole number"),
        ("REQUEST_TIMEOUT", "soon", "a number"),
        ("STREAMS", "{a", "a JSON object"),
    ],
)
def test_in_a_variable(tmp_path, name, text, wanted):
    variable = f"TARGET_CLEVERTAP_{name}"
    status, states, log = run(tmp_path, GOOD, **{variable: text})
    assert (status, states) == (1, "")
    assert f"{variable}: it does not hold {wanted}; fix it, or unset it" in log


@pytest.mark.parametrize(
    ("name", "text"), [("REQUEST_TIMEOUT", "30"), ("MAX_IN_FLIGHT", ""), ("STREAMS", " ")]
)
def test_a_number_in_a_variable_is_one_and_an_empty_variable_is_not_set(tmp_path, name, text):
    status, states, log = run(tmp_path, GOOD, **{f"TARGET_CLEVERTAP_{name}": text})
    assert (status, states) == (0, '{"n":1}\n'), log


def test_an_empty_ledger_path_in_a_variable_means_no_ledger(tmp_path):
    status, _, log = run(tmp_path, GOOD, TARGET_CLEVERTAP_LEDGER_PATH="")
    assert status == 0
    assert "the ledger is off" in log
