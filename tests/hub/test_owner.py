"""The repository's owner is in `hub/OWNER`, and `make owner` replaces it everywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.partners.meltano_project import ROOT, commit_working_tree

OWNER = (ROOT / "hub" / "OWNER").read_text().strip()


def git(folder, *arguments):
    """Return the lines that a git command prints."""
    command = ["git", *arguments]
    finished = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    assert finished.stderr == ""
    return finished.stdout.splitlines()


def put(folder, name):
    command = ["make", "owner", f"PYTHON={sys.executable}", f"NAME={name}"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A repository with the files of this checkout, that no test changes."""
    folder = tmp_path_factory.mktemp("untouched")
    commit_working_tree(folder)
    return folder


@pytest.fixture
def repository(tmp_path, untouched):
    return shutil.copytree(untouched, tmp_path / "repository")


def test_every_address_of_the_repository_names_its_owner(untouched):
    lines = git(untouched, "grep", "-hIE", r"\.com[/:][A-Za-z0-9-]+/clevertap-singer")
    found = {owner for line in lines for owner in re.findall(r"\.com[/:]([\w-]+)/clever", line)}
    assert found == {OWNER}
    assert git(untouched, "grep", "-hIiwE", rf"\.com[/:]{OWNER}[^/]") == []


@pytest.mark.parametrize("owner", ["Second-Owner", "2020-01-01", "events"])
def test_a_new_owner_stands_everywhere_and_the_old_one_nowhere(repository, owner):
    put(repository, "First-Owner")
    finished = put(repository, owner)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert (repository / "hub" / "OWNER").read_text() == f"{owner}\n"
    mentions = git(repository, "grep", "-liE", "first-owner")
    assert [name for name in mentions if name != "tests/hub/test_owner.py"] == []
    assert git(repository, "ls-files", "--others", "*first-owner*") == []
    assert git(repository, "grep", "-lIE", rf"\.com[/:]{OWNER}(/clevertap-singer|$)") == []
    addressed = git(repository, "grep", "-lF", f"https://github.com/{owner}/clevertap-singer")
    assert {"README.md", "tap-clevertap/README.md", "tap-clevertap/pyproject.toml"} < {*addressed}
    install = (repository / "docs" / "install.md").read_text()
    assert f"/extractors/tap-clevertap/{owner.lower()}.yml" in install
    assert f"/loaders/target-clevertap/{owner.lower()}.yml" in install


def are_current(folder):
    """Return whether the definitions are those that `make hub` writes, and what it printed."""
    command = [sys.executable, "-m", "hub.definitions", "--check"]
    finished = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    return finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("owner", [OWNER, "2020-01-01", "NO"])
def test_the_definitions_are_those_of_the_settings(repository, owner):
    if owner != OWNER:
        put(repository, owner)
    assert are_current(repository) == (True, "")


def test_a_definition_that_was_changed_by_hand_is_found(repository):
    path = next(repository.glob("hub/_data/meltano/loaders/*/*.yml"))
    path.write_text(path.read_text().replace("value: 15", "value: 16"))
    assert are_current(repository) == (False, f"{path}: it is old; run make hub\n")


@pytest.mark.parametrize("owner", ["Second-Owner", "2020-01-01"])
def test_the_definitions_pass_their_checks_under_a_new_owner(repository, owner):
    put(repository, owner)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = {name: os.environ[name] for name in os.environ if "PYTEST" not in name}
    checked = subprocess.run(
        [*command, "tests/hub/test_definitions.py"],
        cwd=repository,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("owner", ["2020-01-01", "True", "events", OWNER.swapcase()])
def test_twice_is_as_once_and_the_way_back_leads_to_the_same_files(repository, owner):
    put(repository, owner)
    git(repository, "add", "-A")
    once = git(repository, "write-tree")
    put(repository, owner)
    git(repository, "add", "-A")
    assert git(repository, "write-tree") == once
    put(repository, OWNER)
    git(repository, "add", "-A")
    assert git(repository, "write-tree") == git(repository, "rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize(
    "owner",
    ["", "-acme", "acme-", "ac--me", "ac me", "a/b", "a.io", "ä", "a" * 40, 'a"; touch made; "'],
)
def test_a_name_that_github_does_not_allow_changes_nothing(untouched, owner):
    finished = put(untouched, owner)
    assert finished.returncode != 0
    assert "make owner NAME=acme" in finished.stderr
    assert git(untouched, "status", "--porcelain") == []


def test_without_git_or_the_old_owner_it_says_what_is_missing(repository):
    shutil.rmtree(repository / ".git")
    outside = put(repository, "acme")
    assert (outside.returncode != 0, "clone" in outside.stderr) == (True, True)
    (repository / "hub" / "OWNER").unlink()
    without = put(repository, "acme")
    assert "OWNER is missing" in without.stderr
    assert "Traceback" not in outside.stderr + without.stderr
