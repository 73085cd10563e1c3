"""The list of CleverTap projects that Airflow and Dagster read: faults are named, not traced."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml

from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap

DAGS = Path(__file__).parents[2] / "examples" / "airflow" / "dags"
OF_LIST = {"account_id", "region", "timezone"}
"""Settings that the list has fields for."""
SETTINGS = {
    f"{plugin.name}_{setting}".upper().replace("-", "_"): (setting, described)
    for plugin in (TapCleverTap, TargetCleverTap)
    for setting, described in plugin.config_jsonschema["properties"].items()
}
SECRETS = [name for name, (_, described) in SETTINGS.items() if described.get("secret")]
ORDINARY = [
    name
    for name, (setting, described) in SETTINGS.items()
    if not described.get("secret") and setting not in OF_LIST
]


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


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_of_the_plugins_is_refused_in_the_environment(read, name):
    refusal = read(environment={name: "x-marks-it"})
    assert refusal.startswith(f"projects.yml: shop-in: {name}")
    assert "x-marks-it" not in refusal
    if name.endswith("_ACCOUNT_ID"):
        assert refusal.endswith("remove it; the list has its value")
    else:
        assert refusal.endswith("is a secret; put it under secrets")
        assert all(name in each.secrets for each in read(secrets={name: "one"}).pipelines)


@pytest.mark.parametrize("name", ORDINARY)
def test_any_other_setting_of_the_plugins_is_accepted_in_the_environment(read, name):
    assert all(each.environment[name] == "x" for each in read(environment={name: "x"}).pipelines)


@pytest.mark.parametrize(
    "name",
    ["TARGET_POSTGRES_PASSWORD", "TAP_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "TAP_SHOP_API_KEY"],
)
def test_a_secret_of_another_plugin_is_known_by_its_name(read, name):
    assert f"{name} is a secret; put it under secrets" in read(environment={name: "x"})


@pytest.mark.parametrize("url", ["postgresql://etl:marked@db/shop", "redis://:marked@cache"])
def test_a_url_with_a_password_is_refused_in_the_environment(read, url):
    refusal = read(environment={"MELTANO_DATABASE_URI": url})
    assert "MELTANO_DATABASE_URI has a password in a URL; put it under secrets" in refusal
    assert "marked" not in refusal


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8025", "sftp://AAA-111@sftp.host:22/in", "https://h:1/a@b"]
)
def test_a_url_without_a_password_is_accepted_in_the_environment(read, url):
    assert read(environment={"TAP_CLEVERTAP_API_URL": url}).pipelines


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
