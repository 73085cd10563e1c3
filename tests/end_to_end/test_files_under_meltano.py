"""Export files under Meltano, with the configuration that their document shows."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.pages import block
from tests.support.plugin_process import run_meltano

PROJECT = yaml.safe_load(block("docs/exported-files.md", "Export files", "yaml"))
COLUMNS = yaml.safe_load(block("docs/exported-files.md", "What it reads", "yaml"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a project of the document, whose files have the renamed columns that it shows."""
    folder = tmp_path_factory.mktemp("project")
    (extractor,) = PROJECT["plugins"]["extractors"]
    del extractor["pip_url"]  # the plugin is there
    files = folder / "files"
    files.mkdir()
    (files / "events.csv").write_text('When,What,profile.User\n20251003120000,Charged,"u,1"\n')
    (files / "users.csv").write_text("Identity Nr.,Name\nu1,Ada\n")
    columns = {**COLUMNS["export_files_columns"], r"profile\.User": "profile.identity"}
    del columns["Customer"]
    columns[r"Identity Nr\."] = "identity"
    extractor["config"] |= {"export_files_url": str(files), "export_files_columns": columns}
    settings = {"project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c53"}
    settings |= {"default_environment": "dev", "environments": [{"name": "dev"}]}
    (folder / "meltano.yml").write_text(yaml.safe_dump(PROJECT | settings, sort_keys=False))
    return folder


def test_the_check_of_the_document_reads_a_file(project):
    checked = run_meltano(project, "invoke", "tap-clevertap:check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert [line.split(": ")[0] for line in checked.stdout.splitlines()] == [
        "ok     settings",
        "ok     files",
        "ok     file",
    ]


def test_the_project_of_the_document_reads_both_streams_and_renamed_columns(project):
    ended = run_meltano(project, "invoke", "tap-clevertap")
    assert ended.returncode == 0, ended.stderr
    messages = [json.loads(line) for line in ended.stdout.splitlines()]
    records = {each["stream"]: each["record"] for each in messages if each["type"] == "RECORD"}
    assert records["exported_events"]["identity"] == "u,1"
    assert records["exported_events"]["event_name"] == "Charged"
    assert [records["exported_profiles"][name] for name in ("identity", "name")] == ["u1", "Ada"]
