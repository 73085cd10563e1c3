"""The list of CleverTap projects that Airflow and Dagster read: faults are named, not traced."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml

DAGS = Path(__file__).parents[2] / "examples" / "airflow" / "dags"


@pytest.fixture
def read(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(DAGS)
    reader = importlib.import_module("clevertap_projects")

    def read_changed(**changed):
        content = yaml.safe_load((DAGS / "projects.yml").read_text())
        content["projects"] = [{**content["projects"][0], **changed}]
        path = tmp_path / "projects.yml"
        path.write_text(yaml.safe_dump(content))
        try:
            return reader.read_projects(path)
        except reader.ListError as error:
            return str(error)

    return read_changed


def test_the_list_of_the_example_is_read(read):
    assert {each.job for each in read().pipelines} == {"out", "in"}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"name": 7}, "projects.yml: 7: name: it is not text; write it in quotes"),
        ({"account_id": 123456}, "account_id: it is not text; write it in quotes"),
        ({"region": False}, "region: it is not text; write it in quotes"),
        ({"timezone": None}, "timezone: it is not text; write it in quotes"),
        ({"name": "a/b"}, "use letters, digits, '.', '_', '-' in a name"),
        ({"environment": {"TAP_CLEVERTAP_PASSCODE": "x"}}, "is a secret; put it under secrets"),
    ],
)
def test_a_fault_is_named_with_its_project(read, changed, named):
    assert named in read(**changed)
