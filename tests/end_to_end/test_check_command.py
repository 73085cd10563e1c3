"""The check as its users call it: as the README shows, and as a command of Meltano."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tap_clevertap.check.findings import CODES as TAP_CODES
from target_clevertap.check.findings import CODES as TARGET_CODES
from tests.support.pages import README, block
from tests.support.plugin_process import meltano_environment, run_meltano, tap_config

ROOT = Path(__file__).parents[2]
TARGET_README = "target-clevertap/README.md"
EXAMPLE = ROOT / "examples" / "snowflake" / "meltano.yml"
EXAMPLE_OF_LOADERS = ROOT / "examples" / "postgres" / "meltano.yml"


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(timezone="Asia/Kolkata", events_per_day=300, users=100)


RULES = {
    "streams": {
        "shop.orders": {
            "type": "event",
            "event": "Charged",
            "identity": "email",
            "properties_of": {"Charged": {"Amount": ["total", "paid"]}},
        },
        "users": {"type": "profile", "identity": "email", "operations": {"tags": "$add"}},
    }
}


@pytest.mark.parametrize(
    ("readme", "commands"),
    [
        (README, block(README, "Check", "shell")),
        (TARGET_README, block(TARGET_README, "Check", "shell")),
    ],
)
def test_the_commands_of_the_readme_do_what_it_describes(emulator, tmp_path, readme, commands):
    settings = tap_config(emulator, timezone="Asia/Kolkata")
    if readme != README:
        settings = {name: settings[name] for name in ("account_id", "passcode", "api_url")}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    outputs = [
        subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=tmp_path,
            env=meltano_environment(),
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        ).stdout
        for command in commands.splitlines()
    ]
    text, as_json = outputs
    found = json.loads(as_json)
    assert found["ok"] is True
    assert [line.split()[1] for line in text.splitlines()] == [
        f"{finding['check']}:" for finding in found["findings"]
    ]
    assert all(line.startswith("ok     ") for line in text.splitlines())


@pytest.mark.parametrize(("plugin", "codes"), [("tap", TAP_CODES), ("target", TARGET_CODES)])
def test_the_page_lists_every_check_and_code(plugin, codes):
    text = (ROOT / "docs" / "check.md").read_text()
    section = text.split(f"\n## {plugin}-clevertap\n")[1].split("\n## ")[0]
    listed: dict[str, list[str]] = {}
    for cell, found in re.findall(r"^\| (`\w+`)? ?\| (`.*?`) \|", section, re.MULTILINE):
        check = cell.strip("`") or check  # noqa: F821 - the row above has it
        listed.setdefault(check, []).extend(re.findall(r"\w+", found))
    assert {check: sorted(each) for check, each in listed.items()} == {
        check: sorted(each) for check, each in codes.items()
    }


def extractors(url):
    """Return the plugin as an example has it, and one that inherits from it."""
    found = yaml.safe_load(EXAMPLE.read_text())["plugins"]["extractors"]
    (example,) = (each for each in found if each["name"] == "tap-clevertap")
    kept = ("name", "namespace", "executable", "capabilities", "settings", "commands")
    events = ["Charged", "App Launched"]
    config = {"api_url": url, "timezone": "Asia/Kolkata", "events": events}
    plugin = {**{key: example[key] for key in kept}, "config": config}
    utc = {"name": "tap-clevertap--utc", "inherit_from": "tap-clevertap"}
    return [plugin, {**utc, "config": {"timezone": "UTC"}}]


def loaders(url):
    """Return the other plugin as the example has it."""
    found = yaml.safe_load(EXAMPLE_OF_LOADERS.read_text())["plugins"]["loaders"]
    (example,) = (each for each in found if each["name"] == "target-clevertap")
    kept = ("name", "namespace", "executable", "capabilities", "settings", "commands")
    return [{**{key: example[key] for key in kept}, "config": {"api_url": url, **RULES}}]


@pytest.fixture(scope="module")
def project(emulator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    content = {
        "default_environment": "dev",
        "send_anonymous_usage_stats": False,
        "environments": [{"name": "dev"}],
        "project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c53",
        "plugins": {"extractors": extractors(emulator.url), "loaders": loaders(emulator.url)},
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def invoke(project, emulator, plugin, *arguments, passcode=None):
    secrets = {
        "TAP_CLEVERTAP_ACCOUNT_ID": emulator.account_id,
        "TAP_CLEVERTAP_PASSCODE": passcode or emulator.passcode,
        "TARGET_CLEVERTAP_ACCOUNT_ID": emulator.account_id,
        "TARGET_CLEVERTAP_PASSCODE": passcode or emulator.passcode,
    }
    return run_meltano(project, "invoke", f"{plugin}:check", *arguments, **secrets)


@pytest.mark.parametrize("plugin", ["tap-clevertap", "target-clevertap"])
def test_meltano_has_it_as_a_command(project, emulator, plugin):
    passed = invoke(project, emulator, plugin)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert all(line.startswith("ok     ") for line in passed.stdout.splitlines())
    has_rules = "rules: rules that can be used: 2" in passed.stdout
    assert has_rules is (plugin == "target-clevertap")
    failed = invoke(project, emulator, plugin, "--format", "json", passcode="wrong-secret")
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["findings"][-1]["code"] == "wrong_passcode"
    assert "wrong-secret" not in failed.stdout + failed.stderr


def test_a_plugin_that_inherits_has_it_with_its_own_settings(project, emulator):
    inherited = invoke(project, emulator, "tap-clevertap--utc", "--format", "json")
    findings = {each["check"]: each for each in json.loads(inherited.stdout)["findings"]}
    assert "`UTC`" in findings["timezone"]["message"]
