"""The list of CleverTap projects that Airflow and Dagster read: faults are named, not traced."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml

DAGS = Path(__file__).parents[2] / "examples" / "airflow" / "dags"


@pytest.fixture
def read_text(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(DAGS)
    reader = importlib.import_module("clevertap_projects")

    def read_text(text):
        path = tmp_path / "projects.yml"
        path.write_text(text)
        try:
            return reader.read_projects(path)
        except reader.ListError as error:
            return str(error)

    return read_text


@pytest.fixture
def content():
    return yaml.safe_load((DAGS / "projects.yml").read_text())


@pytest.fixture
def read(read_text, content):
    def read_changed(**changed):
        one = {**content["projects"][0], **changed}
        return read_text(yaml.safe_dump({**content, "projects": [one]}))

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
        ({"account_id": "AAA-111 "}, "account_id: it is empty, or has blanks around it"),
        ({"connection": ""}, "connection: it is empty, or has blanks"),
        ({"schedules": None}, "schedules: it is empty; name a job, and when it runs"),
        ({"schedules": ["out"]}, "schedules: it is not a mapping; write NAME: VALUE"),
        ({"schedules": {"out": 30}}, "out: its schedule is not text; write it in quotes"),
        ({"environment": {"TAP_CLEVERTAP_ACCOUNT_ID": "B"}}, "remove it; the list has its value"),
        ({"secrets": {"TARGET_CLEVERTAP_REGION": "B"}}, "remove it; the list has its value"),
        ({"secrets": {"TARGET_POSTGRES_PASSWORD": 7}}, "write the name of a connection"),
    ],
)
def test_a_fault_is_named_with_its_project(read, changed, named):
    assert named in read(**changed)


def test_projects_that_would_share_a_folder_or_a_dag_are_named(read_text, content):
    one, other = (dict(each) for each in content["projects"])
    twice = yaml.safe_dump({**content, "projects": [one, {**other, "name": one["name"]}]})
    assert "['shop-in'] comes more than once" in read_text(twice)
    one |= {"name": "shop.in", "schedules": {"out": "@daily"}}
    other |= {"name": "shop", "schedules": {"in.out": "@daily"}}
    pipelines = {"out": "reads", "in.out": "reads"}
    both = yaml.safe_dump({**content, "pipelines": pipelines, "projects": [one, other]})
    assert "['shop.in.out'] comes more than once" in read_text(both)


def test_a_list_of_another_form_is_named(read_text, content):
    assert "write retries, pipelines and projects" in read_text("- name: shop-in")
    assert "set ['pipelines']" in read_text("retries: {}\nprojects: []\n")
    assert "projects: it is not a list" in read_text(yaml.safe_dump({**content, "projects": None}))
    listed = yaml.safe_dump({**content, "pipelines": ["out"]})
    assert "pipelines: write JOB: reads, or writes" in read_text(listed)
    without = yaml.safe_dump({**content, "retries": {"count": 4}})
    assert "retries: set count and first_after_seconds" in read_text(without)
    text = yaml.safe_dump({**content, "retries": {"count": "4", "first_after_seconds": 60}})
    assert "retries: count is not a number" in read_text(text)
    odd = yaml.safe_dump({**content, "projects": ["shop-in"]})
    assert "shop-in is not a project; give it a name" in read_text(odd)


def test_a_key_that_is_there_twice_is_named_with_its_line(read_text):
    text = (DAGS / "projects.yml").read_text()
    first = '    out: "30 1 * * *"\n'
    found = read_text(text.replace(first, first + '    out: "0 3 * * *"\n', 1))
    assert "projects.yml: line 15: ['out'] is there more than once; keep one" in found
