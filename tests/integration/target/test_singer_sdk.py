"""The SDK's standard tests, and replacements for those that cannot apply."""

from __future__ import annotations

import json
import subprocess

import pytest
from singer_sdk.testing import get_target_test_class

from target_clevertap._http.headers import ACCOUNT_HEADER, PASSCODE_HEADER
from target_clevertap._http.hosts import HOSTS
from target_clevertap.target import TargetCleverTap
from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import schema

KEYS = {
    "test_array_data": "id",
    "ForecastingTypeToCategory": "Id",
    "TestCamelcase": "Id",
    "test_duplicate_records": "id",
    "test_strings": "id",
    "test_strings_in_objects": "id",
    "test_strings_in_arrays": "id",
    "test_no_pk": "id",
    "test_optional_attributes": "id",
    "example_stream": "id",
    "record_missing_fields": "id",
    "test_record_before_schema": "id",
    "test_record_missing_key_property": "id",
    "test_object_schema_with_properties": "object_store",
    "test_object_schema_no_properties": "object_store",
    "test_schema_updates": "id",
    "test:SpecialChars!in?attributes": "_id",
    "test_people": "id",
    "string_formats": "uuid",  # since singer-sdk 0.55
}
CONFIG = {
    "streams": {name: {"type": "profile", "identity": key} for name, key in KEYS.items()},
    "max_rejects": -1,
    "ledger_path": "",
}


class TestStandard(get_target_test_class(TargetCleverTap, config=CONFIG, parse_env_config=False)):
    @pytest.fixture(autouse=True)
    def _at_the_emulator(self, emulator, tmp_path):
        CONFIG["api_url"] = emulator.url
        CONFIG["account_id"] = emulator.account_id
        CONFIG["passcode"] = emulator.passcode
        CONFIG["rejects_path"] = str(tmp_path / "rejects.jsonl")


def run(*arguments):
    return subprocess.run(
        [BIN / "target-clevertap", *arguments],
        capture_output=True,
        check=True,
        env=clean_environment(),
        text=True,
        timeout=30,
    ).stdout


def test_about_needs_no_settings_and_lists_the_real_ones_only():
    about = json.loads(run("--about", "--format=json"))
    settings = about["settings"]["properties"]
    ours = [name for name in settings if not name.startswith(("stream_map", "faker", "flattening"))]
    assert ours == [
        "account_id",
        "passcode",
        "region",
        "api_url",
        "request_timeout",
        "streams",
        "max_in_flight",
        "batch_size_rows",
        "max_request_bytes",
        "flush_seconds",
        "rejects_path",
        "all_rejected",
        "max_rejects",
        "ledger_path",
        "ledger_days",
        "uncertain",
        "new_profile_limit",
        "default_country",
        "report_path",
        "dry_run",
        "dry_run_values",
        "already_delivered",
        "confirm_deletes",
        "deletes_path",
        "method",
        "files_path",
        "files_for",
        "files_max_bytes",
        "client_email",
        "sftp_url",
        "sftp_key_path",
        "sftp_key_passphrase",
        "sftp_host_key",
    ]
    secrets = [name for name in settings if settings[name].get("secret")]
    assert secrets == ["account_id", "passcode", "sftp_key_passphrase"]
    assert about["capabilities"] == [
        "about",
        "batch",
        "stream-maps",
        "schema-flattening",
        "structured-logging",
    ]


def test_every_setting_says_what_it_is():
    settings = TargetCleverTap.config_jsonschema["properties"]
    for name in list(settings)[:14]:
        assert settings[name]["title"]
        assert settings[name]["description"].endswith(".")


def test_the_version_needs_no_settings():
    assert run("--version").startswith("target-clevertap v")


def test_settings_come_from_the_environment_too(target):
    messages = [schema("people", {"id": {}}, keys=["id"], bookmarks=())]
    environment = {
        "TARGET_CLEVERTAP_ACCOUNT_ID": target.emulator.account_id,
        "TARGET_CLEVERTAP_PASSCODE": target.emulator.passcode,
        "TARGET_CLEVERTAP_API_URL": target.emulator.url,
        "TARGET_CLEVERTAP_STREAMS": json.dumps({"people": {"type": "profile", "identity": "id"}}),
        "TARGET_CLEVERTAP_MAX_IN_FLIGHT": "2",
        "TARGET_CLEVERTAP_BATCH_SIZE_ROWS": "",  # as an empty line of a .env file, or of CI, has it
        "TARGET_CLEVERTAP_STREAM_MAPS": " ",
    }
    finished = subprocess.run(
        [BIN / "target-clevertap", "--config=ENV"],
        input=json.dumps(messages[0]).encode(),
        capture_output=True,
        check=False,
        cwd=target.folder,
        env=clean_environment(**environment),
        timeout=30,
    )
    assert finished.returncode == 0, finished.stderr


def test_input_may_be_a_file(target):
    path = target.folder / "input.singer"
    path.write_text('{"type":"STATE","value":{"a":1}}\n')
    arguments = ["--config", str(target.config()), "--input", str(path)]
    assert run(*arguments) == '{"a":1}\n'


def test_hosts_and_headers_are_the_documented_ones():
    assert HOSTS["eu1"] == "api.clevertap.com"
    assert all(
        host == f"{region}.api.clevertap.com" for region, host in HOSTS.items() if region != "eu1"
    )
    assert (ACCOUNT_HEADER, PASSCODE_HEADER) == ("X-CleverTap-Account-Id", "X-CleverTap-Passcode")
