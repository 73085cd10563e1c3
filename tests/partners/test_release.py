"""What `make release-check` leaves can be published, and runs as the documents show."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.partners.meltano_project import ROOT, installing_environment
from tests.support.page_reader import Reader
from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment

CHECK = ROOT / "release" / "check.py"
TOOLS = BIN.parent / "release" / "bin"
PACKAGES = ("clevertap-emulator", "tap-clevertap", "target-clevertap")
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SECONDS = 900


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """What is published of all packages, tried with one Python."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    command = [sys.executable, CHECK, "--out", folder, "--python", THIS_PYTHON]
    finished = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=clean_environment(),
        text=True,
        timeout=SECONDS,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "events went round" in finished.stdout
    return folder


def test_the_tools_of_a_release_do_not_slow_the_plugins():
    assert importlib.util.find_spec("rfc3987_syntax") is None


@pytest.mark.parametrize("package", PACKAGES)
def test_the_bill_of_materials_has_what_is_installed(dist, package):
    bill = json.loads((dist / f"{package}-{version(package)}.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == (package, version(package))
    found = {each["name"]: each["version"] for each in bill["components"]}
    assert found.keys() >= {"msgspec", "typing_extensions" if package in PACKAGES[1:] else "click"}
    assert found.keys().isdisjoint({"pytest", "meltano", "pyspark"})


def test_every_file_has_its_sum_and_every_package_its_notes(dist):
    sums = dict(reversed(line.split()) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert len(sums) == 3 * len(PACKAGES)
    for name, digest in sums.items():
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest
    for package in PACKAGES:
        assert (dist / f"{package}-v{version(package)}.md").read_text().strip()


def test_the_lines_without_installing_run(dist, repository, tmp_path):
    ready = "until grep -q listening log; do sleep 0.1; done"
    started = {r"^(uvx clevertap-emulator .*)$": rf"\1 > log & {ready}"}
    environment = {
        **installing_environment(repository),
        "PATH": os.pathsep.join(map(str, (BIN, TOOLS, os.environ["PATH"]))),
        "UV_FIND_LINKS": str(dist),
        "PIP_FIND_LINKS": str(dist),
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }
    (tmp_path / "folder").mkdir()
    with Reader(tmp_path / "folder", replacements=started, **environment) as reader:
        released = reader.run("docs/install.md", "Without installing").output
        unreleased = reader.run("docs/install.md", "Without installing", number=2).output
    for output in (released, unreleased):
        assert output.count(f"Version: {version('tap-clevertap')}") >= 1
        assert "passcode" in output


def test_a_package_whose_changelog_lacks_the_version_is_refused(repository, tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", repository, clone], check=True)
    manifest = clone / "tap-clevertap" / "pyproject.toml"
    new = manifest.read_text().replace(f'version = "{version("tap-clevertap")}"', 'version = "9.0"')
    manifest.write_text(new)
    command = [sys.executable, clone / "release" / "check.py", "--out", tmp_path / "out"]
    finished = subprocess.run(command, capture_output=True, check=False, text=True)
    assert finished.returncode == 1
    assert finished.stderr == (
        "make release-check: tap-clevertap/CHANGELOG.md: the newest section is not "
        "`## 9.0 (YYYY-MM-DD)`; date it\n"
    )


def test_a_round_trip_that_fails_shows_the_ends_of_its_logs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(CHECK.parent))
    trial = importlib.import_module("trial")
    broken = tmp_path / "target-clevertap"
    broken.write_text("#!/bin/sh\necho broken >&2\nexit 4\n")
    broken.chmod(0o755)
    programs = trial.Programs(BIN, BIN, tmp_path)
    with pytest.raises(Exception, match=r"(?s)'target': 4\}; its logs end with\n.*broken"):
        trial.round_trip(programs, tmp_path / "trip")
