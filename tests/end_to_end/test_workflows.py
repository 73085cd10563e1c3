"""Workflows fit the packages: their versions of Python, their tags and their container files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PACKAGES = ("clevertap-emulator", "tap-clevertap", "target-clevertap")
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yml")}
JOBS = [
    pytest.param(job, id=f"{workflow}-{name}")
    for workflow, content in WORKFLOWS.items()
    for name, job in content["jobs"].items()
]
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}|\$/\.github/workflows/\w+\.yml")
TRIED = re.compile(r'PYTHONS="([\d. ]+)"')
CLASSIFIER = re.compile(r'"Programming Language :: Python :: (3\.\d+)"')


@pytest.mark.parametrize("package", PACKAGES)
def test_each_supported_python_is_tested_and_tried_before_a_release(package):
    supported = CLASSIFIER.findall((ROOT / package / "pyproject.toml").read_text())
    assert WORKFLOWS["test"]["jobs"]["test"]["strategy"]["matrix"]["python"] == supported
    (setup,) = (
        step["with"]["python-version"]
        for step in WORKFLOWS["release"]["jobs"]["build"]["steps"]
        if "python-version" in step.get("with", {})
    )
    assert sorted(setup.split()) == sorted(supported)
    (tried,) = (
        TRIED.search(step["run"])
        for step in WORKFLOWS["release"]["jobs"]["build"]["steps"]
        if "release-check" in step.get("run", "")
    )
    assert tried, "make release-check has no PYTHONS: one that is missing would not be tried"
    assert tried[1].split() == supported


def test_each_package_has_its_tags():
    tags = WORKFLOWS["release"][True]["push"]["tags"]  # YAML reads `on` as true
    assert sorted(tags) == sorted(f"{package}-v*" for package in PACKAGES)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_pinned_ends_and_may_do_only_what_it_names(job):
    used = [step["uses"] for step in job.get("steps", ()) if "uses" in step]
    used += [job["uses"]] if "uses" in job else []
    assert [each for each in used if not PINNED.fullmatch(each)] == []
    assert "uses" in job or 0 < job["timeout-minutes"] < 360
    checked_out = [step["with"] for step in job.get("steps", ()) if "checkout@" in str(step)]
    assert [each for each in checked_out if each["persist-credentials"] is not False] == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_alone_may_do_nothing(workflow):
    assert WORKFLOWS[workflow]["permissions"] == {}


def test_base_images_are_updated_wherever_there_is_a_container_file():
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    (folders,) = (each["directories"] for each in updates if each["package-ecosystem"] == "docker")
    files = [*ROOT.glob("*/Dockerfile"), *ROOT.glob("examples/*/Dockerfile")]
    assert sorted(folders) == sorted(f"/{path.parent.relative_to(ROOT)}" for path in files)
