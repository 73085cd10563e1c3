"""Pushed messages under Meltano, with the configuration that their document shows."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.inboxes import STREAM, message_of, put_messages
from tests.support.pages import block
from tests.support.plugin_process import run_meltano

PROJECT = yaml.safe_load(block("docs/webhooks.md", "The stream `webhook_messages`", "yaml"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (extractor,) = PROJECT["plugins"]["extractors"]
    del extractor["pip_url"]  # the plugin is there
    extractor["config"]["inbox_path"] = str(folder / "inbox.sqlite")
    settings = {"project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c54"}
    settings |= {"default_environment": "dev", "environments": [{"name": "dev"}]}
    (folder / "meltano.yml").write_text(yaml.safe_dump(PROJECT | settings, sort_keys=False))
    return folder


def test_the_project_of_the_document_needs_no_credentials(project):
    checked = run_meltano(project, "invoke", "tap-clevertap:check")
    assert checked.returncode == 1
    assert "failed inbox: there is no inbox" in checked.stdout
    put_messages(project / "inbox.sqlite", message_of("a", "b"))
    checked = run_meltano(project, "invoke", "tap-clevertap:check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "ok     inbox: messages in it: 1" in checked.stdout
    ended = run_meltano(project, "invoke", "tap-clevertap")
    assert ended.returncode == 0, ended.stderr
    messages = [json.loads(line) for line in ended.stdout.splitlines()]
    records = [each["record"] for each in messages if each["type"] == "RECORD"]
    assert [each["identity"] for each in records] == ["a", "b"]
    assert messages[-1]["value"]["bookmarks"][STREAM]["message"] == 1
