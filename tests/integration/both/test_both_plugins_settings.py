"""Both plugins read settings and options the same way, with the same messages."""

from __future__ import annotations

import json
import logging
import subprocess
from pathlib import Path

import pytest

import tap_clevertap.errors
import target_clevertap.errors
from tap_clevertap._plugin.shown import visible
from tap_clevertap.config.settings import TapSettings
from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap
from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment

NEEDED = {"account_id": "TEST-000-0000", "passcode": "mark-passcode"}
CLASSES = {"tap": TapCleverTap, "target": TargetCleverTap}
ERRORS = {"tap": tap_clevertap.errors, "target": target_clevertap.errors}
each_plugin = pytest.mark.parametrize("plugin", CLASSES)


def start(plugin, **settings):
    """Read settings as a run does."""
    made = CLASSES[plugin](config={**NEEDED, **settings})
    if plugin == "tap":
        TapSettings.from_config(made.config)


def refusal(plugin, **settings):
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        start(plugin, **settings)
    return refused.value.message


REGIONS = "eu1, in1, us1, sg1, aps3, mec1, sk1, global"
ADDRESS = "use scheme and host, as in https://in1.api.clevertap.com"
HEADER = "it must be printable ASCII without spaces; copy it from the dashboard"
REFUSED = {
    "region": ("mars", f"region: `mars` is not a known one; set one of {REGIONS}"),
    "account_id": ("two words", f"account_id: {HEADER}"),
    "passcode": ("", "passcode: it is empty; copy it from the dashboard"),
    "api_url": ("mark-passcode", f"api_url: it is not an address; {ADDRESS}"),
    "request_timeout": ("long", "request_timeout: `long` has the wrong type; set a number or null"),
    "max_in_flight": (16, "max_in_flight: `16` is out of range; set at most 15"),
}


@each_plugin
@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_setting_is_refused_in_the_same_words(plugin, name):
    value, words = REFUSED[name]
    assert refusal(plugin, **{name: value}) == words


@each_plugin
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("passcode", 123456, "passcode: the value has the wrong type; put it in quotes"),
        ("api_url", ["mark-passcode"], "api_url: the value has the wrong type; set text or null"),
        ("request_timeout", 0, "request_timeout: `0` is out of range; set"),
    ],
)
def test_a_value_that_may_be_a_secret_is_never_repeated(plugin, name, value, words):
    assert refusal(plugin, **{name: value}).startswith(words)


BLANK = (" ", "\t", "\n", "\u00a0", "\u200b", " \u2800")
PATHS = {
    "tap": ["receipt_path", "bad_rows_path", "events_file", "known_users_file", "inbox_path"],
    "target": [
        "rejects_path",
        "ledger_path",
        "deletes_path",
        "report_path",
        "files_path",
        "sftp_key_path",
    ],
}


@pytest.mark.parametrize(
    ("plugin", "name"), [(each, name) for each in PATHS for name in PATHS[each]]
)
@pytest.mark.parametrize("blank", BLANK, ids=ascii)
def test_a_blank_path_is_refused_and_makes_no_file(plugin, name, blank, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected = f"{name}: `{visible(blank)}` is a blank path; set another, or remove the setting"
    assert refusal(plugin, **{name: blank}) == expected
    assert not list(tmp_path.iterdir())


def test_every_path_of_both_plugins_is_in_this_test():
    declared = {
        plugin: [
            name
            for name in CLASSES[plugin].config_jsonschema["properties"]
            if name.endswith(("_path", "_file"))
        ]
        for plugin in CLASSES
    }
    assert {plugin: sorted(names) for plugin, names in declared.items()} == {
        plugin: sorted(names) for plugin, names in PATHS.items()
    }


@each_plugin
def test_each_missing_setting_is_named(plugin):
    error = ERRORS[plugin].SettingError
    with pytest.raises(error, match=r"^account_id: it is missing; set it; passcode: it is missing"):
        CLASSES[plugin](config={})


@pytest.mark.parametrize(
    ("plugin", "name", "value", "words"),
    [
        (
            "tap",
            "duplicates",
            "both",
            "set one of keep, merge",
        ),
        (
            "target",
            "uncertain",
            "ask",
            "set one of resend, skip",
        ),
        (
            "target",
            "all_rejected",
            "go",
            "set one of stop, continue",
        ),
    ],
)
def test_a_word_that_a_setting_does_not_know_is_refused_in_one_line(plugin, name, value, words):
    message = refusal(plugin, **{name: value})
    assert message == f"{name}: `{value}` is not a known one; {words}"


@each_plugin
@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("regoin", "`region`"),
        ("Account-ID", "`account_id`"),
        ("ACCOUNTID", "`account_id`"),
        ("stream_map", "`stream_maps` or "),
        ("max_in_flights", "`max_in_flight`"),
    ],
)
def test_a_typo_brings_the_settings_that_are_alike(plugin, typo, meant, caplog):
    with caplog.at_level(logging.WARNING):
        start(plugin, **{typo: 1})
    warnings = [each for each in caplog.messages if shown(typo) in each]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"settings: {shown(typo)} is not a setting; did you mean {meant}")


def shown(name):
    return f"`{name}`"


@each_plugin
def test_what_is_like_no_setting_is_to_be_removed(plugin, caplog):
    with caplog.at_level(logging.WARNING):
        start(plugin, zzzzz=1)
    assert "settings: `zzzzz` is not a setting; remove it" in caplog.messages


@each_plugin
def test_half_a_surrogate_is_refused(plugin):
    words = "stream_map_config: it contains an unpaired surrogate; fix it"
    assert refusal(plugin, stream_map_config={"x": "\ud800"}) == words


@each_plugin
def test_half_a_surrogate_in_a_config_file_is_not_a_fault_of_its_json(plugin, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(r'{"passcode": "mark-\ud800"}')
    words = "passcode: it contains an unpaired surrogate; fix it"
    assert refusal(plugin, **read(plugin, path).config) == words


@each_plugin
def test_there_is_one_tree_of_errors(plugin):
    errors = ERRORS[plugin]
    for name in errors.__all__:
        each = getattr(errors, name)
        if isinstance(each, type):
            assert issubclass(each, errors.CleverTapError)
            assert f" {name} " in f" {errors.__doc__} ".replace("\n", " ")


@each_plugin
def test_a_variable_of_the_wrong_type_is_named(plugin, monkeypatch):
    variable = f"{plugin.upper()}_CLEVERTAP_MAX_IN_FLIGHT"
    monkeypatch.setenv(variable, "many")
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        CLASSES[plugin](config=dict(NEEDED), parse_env_config=True)
    words = f"{variable}: it does not hold a whole number; fix it, or unset it"
    assert refused.value.message == words


@each_plugin
@pytest.mark.filterwarnings("ignore:Passing a config file path")
@pytest.mark.parametrize("parse_env_config", [False, True])
def test_a_fault_of_the_sdk_keeps_its_own_words(plugin, tmp_path, parse_env_config):
    path = tmp_path / "bad.json"
    path.write_text('{"account_id":')
    with pytest.raises(ValueError, match="Expecting value"):
        CLASSES[plugin](config=str(path), parse_env_config=parse_env_config)


def read(plugin, *paths):
    return CLASSES[plugin].cb_config(None, None, tuple(map(str, paths)))


@each_plugin
@pytest.mark.parametrize(
    "text", ["", "[]", "null", '"a"', '{"a":', '{"a": NaN}', "[[1, 2]]", "[" * 9999]
)
def test_a_config_file_without_an_object_is_refused(plugin, tmp_path, text):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        read(plugin, path)
    assert refused.value.message.startswith("--config: `")
    assert refused.value.message.endswith("is not a JSON object; fix it")


@each_plugin
@pytest.mark.parametrize(
    ("name", "why"), [("none", "No such file or directory"), ("", "Is a directory")]
)
def test_a_config_file_that_cannot_be_read_is_refused(plugin, tmp_path, name, why):
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        read(plugin, tmp_path / name)
    assert refused.value.message.endswith(f"cannot be read ({why}); fix the path")


@each_plugin
def test_later_config_files_win_and_may_have_a_byte_order_mark(plugin, tmp_path):
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    first.write_text('{"account_id": "a", "region": "us1"}', encoding="utf-8-sig")
    second.write_text('{"region": "in1"}')
    found = read(plugin, first, "ENV", second)
    assert found.config == {"account_id": "a", "region": "in1"}
    assert found.parse_env


@each_plugin
def test_a_wrong_option_ends_the_program_with_a_line_of_the_log(plugin, tmp_path):
    finished = subprocess.run(
        [BIN / f"{plugin}-clevertap", "--config", tmp_path / "none.json"],
        capture_output=True,
        check=False,
        env=clean_environment(),
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert (finished.returncode, finished.stdout) == (1, "")
    line = finished.stderr.splitlines()[-1]
    assert "| ERROR " in line
    assert line.endswith("cannot be read (No such file or directory); fix the path")


@each_plugin
def test_about_describes_every_setting(plugin, capsys):
    CLASSES[plugin].print_about()
    text = capsys.readouterr().out
    schema = CLASSES[plugin].config_jsonschema
    blocks = dict(
        block.split("\n", 1) for block in text.partition("Settings:")[2].split("- Name: ")[1:]
    )
    assert list(blocks) == list(schema["properties"])
    for name, setting in schema["properties"].items():
        lines = [line.strip() for line in blocks[name].splitlines()]
        assert f"Description: {' '.join(setting['description'].split())}" in lines
        assert f"Environment Variable: {plugin.upper()}_CLEVERTAP_{name.upper()}" in lines
        assert ("Required: yes" in lines) == (name in schema["required"])
        is_given = any(line.startswith("Default: ") for line in lines)
        assert is_given == (setting.get("default") is not None)
    assert "Default: eu1" in blocks["region"]
    assert f"Values: {REGIONS}" in blocks["region"]
    assert "Type: text" not in text


TWICE = '{"account_id": "A", "passcode": "mark-1", "query": {"a": 1, "a": 2}, "passcode": "mark-2"}'
"""Readers of JSON would take the last of two, and say nothing."""


@each_plugin
@pytest.mark.parametrize(
    ("text", "name"),
    [(TWICE, "a"), (TWICE.replace('"a": 2', '"b": 2'), "passcode"), ('[{"": 1, "": 1}]', "")],
)
def test_a_name_that_is_twice_in_a_config_file_is_refused(plugin, tmp_path, text, name):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        read(plugin, path)
    words = f"`{path}` has `{name}` twice in one object; remove one of the two"
    assert refused.value.message == f"--config: {words}"


@each_plugin
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": {"b": 1, "b": 2}}', "it has `b` twice in one object; remove one of the two"),
        ('{"a": "\udcff"}', "stream_maps: it contains an unpaired surrogate; fix it"),
        ("\udcff", "it does not hold a JSON object; fix it, or unset it"),
    ],
)
def test_an_object_in_a_variable_is_read_strictly(plugin, monkeypatch, text, words):
    monkeypatch.setenv(f"{plugin.upper()}_CLEVERTAP_STREAM_MAPS", text)
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        CLASSES[plugin](config=dict(NEEDED), parse_env_config=True)
    assert refused.value.message.endswith(words)


@each_plugin
@pytest.mark.parametrize("text", ["1e400", "NaN", "\udcff", "01"])
def test_a_variable_that_is_no_number_is_refused(plugin, monkeypatch, text):
    variable = f"{plugin.upper()}_CLEVERTAP_REQUEST_TIMEOUT"
    monkeypatch.setenv(variable, text)
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        CLASSES[plugin](config=dict(NEEDED), parse_env_config=True)
    assert refused.value.message == f"{variable}: it does not hold a number; fix it, or unset it"


@each_plugin
@pytest.mark.parametrize("content", [b"A_NAME=caf\xe9\n", b"A_NAME=a\0b\n"])
def test_a_file_of_variables_that_cannot_be_read_is_named(plugin, monkeypatch, tmp_path, content):
    path = tmp_path / ".env"
    path.write_bytes(content)
    package = CLASSES[plugin].__module__.partition(".")[0]
    monkeypatch.setattr(f"{package}._plugin.environment_settings.find_dotenv", lambda: str(path))
    with pytest.raises(ERRORS[plugin].SettingError) as refused:
        CLASSES[plugin](config=dict(NEEDED), parse_env_config=True)
    why = "it is not UTF-8, or has a NUL character"
    assert refused.value.message == (
        f"{path}: the variables in it cannot be read ({why}); fix or remove it"
    )


PRINTING = [
    ("tap", "--help"),
    ("tap", "--about"),
    ("tap", "--discover"),
    ("tap", "check --config FILE"),
    ("target", "--help"),
    ("target", "--about"),
    ("target", "check --config FILE"),
    ("target", "explain"),
    ("target", "presets"),
    ("target", "presets segment"),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")
@pytest.mark.parametrize(("plugin", "words"), PRINTING)
def test_a_command_that_cannot_print_ends_with_one_line(plugin, words, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**NEEDED, "api_url": "http://127.0.0.1:9"}))
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [BIN / f"{plugin}-clevertap", *words.replace("FILE", str(config)).split()],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=clean_environment(),
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 1
    line = "standard output: it cannot be written to (No space left on device); free space"
    assert line in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
