"""The packages install in the ways that people install packages, and then run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import version
from pathlib import Path

import pytest

from tap_clevertap.streams.stream_names import STREAMS
from tests.partners.meltano_project import installing_environment
from tests.support.pages import block
from tests.support.plugin_process import BIN

ROOT = Path(__file__).parents[2]

PACKAGES = ["tap-clevertap", "target-clevertap", "clevertap-emulator"]
INSTALL_SECONDS = 300


@pytest.fixture(scope="module")
def run(tmp_path_factory, repository):
    """Run a program to its end and return its output."""
    folder = tmp_path_factory.mktemp("elsewhere")

    def run_command(*command, **environment):
        finished = subprocess.run(
            [str(each) for each in command],
            cwd=folder,
            env={**installing_environment(repository), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=INSTALL_SECONDS,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout

    return run_command


@pytest.fixture
def assert_runs(run):
    """Check that what was installed in a folder of programs runs."""

    def check(programs):
        for package in PACKAGES:
            assert version(package) in run(programs / package, "--version")
        catalog = json.loads(run(programs / "tap-clevertap", "--discover"))
        assert {each["tap_stream_id"] for each in catalog["streams"]} == set(STREAMS)

    return check


@pytest.fixture(scope="module")
def built(tmp_path_factory, repository, run):
    """All wheels and source archives, each wheel built from its source archive."""
    folder = tmp_path_factory.mktemp("dist")
    run(BIN / "uv", "build", "--all-packages", "--out-dir", folder, repository)
    return folder


def test_pip_installs_as_the_readmes_show(tmp_path, run, assert_runs):
    run(sys.executable, "-m", "venv", tmp_path)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for command in (
        block("tap-clevertap/README.md", "tap-clevertap", "shell"),
        block("target-clevertap/README.md", "Install", "bash"),
        block("clevertap-emulator/README.md", "Install", "sh"),
    ):
        run("/bin/sh", "-c", command, PATH=path)
    assert_runs(tmp_path / "bin")


def test_uv_installs_tools_from_folders_of_a_git_repository(tmp_path, repository, run, assert_runs):
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    for package in PACKAGES:
        address = f"git+file://{repository}#subdirectory={package}"
        run(BIN / "uv", "tool", "install", "--quiet", address, **places)
    assert_runs(tmp_path / "bin")


def test_wheels_install_together(tmp_path, built, run, assert_runs):
    run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(BIN / "uv", "pip", "install", "--quiet", "--python", python, *built.glob("*.whl"))
    assert_runs(python.parent)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_the_package_and_nothing_else(built, package):
    module = package.replace("-", "_")
    (wheel,) = built.glob(f"{module}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata_of = Parser().parsestr(archive.read(metadata).decode())
    assert f"{module}/py.typed" in names
    folder = ROOT / package
    licences = metadata.replace("METADATA", "licenses")
    assert f"{licences}/LICENSE" in names
    written = [path for path in (folder / module).rglob("*") if path.is_file()]
    sources = {str(path.relative_to(folder)) for path in written if path.suffix != ".pyc"}
    moved = {name for name in sources if name.endswith("/LICENSE")}
    assert {name for name in names if name.startswith(f"{module}/")} == sources - moved
    assert {f"{licences}/{name}" for name in moved} <= set(names)
    assert {name.split("/")[0] for name in names} == {module, metadata.split("/")[0]}
    assert metadata_of["Description-Content-Type"] == "text/markdown"
    links = {url.split(", ")[0] for url in metadata_of.get_all("Project-URL")}
    assert links == {"Homepage", "Documentation", "Changelog", "Issues"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_source_archive_holds_what_the_wheel_is_built_from(built, package):
    module = package.replace("-", "_")
    (source,) = built.glob(f"{module}-*.tar.gz")
    with tarfile.open(source) as archive:
        names = {each.name.partition("/")[2] for each in archive if each.isfile()}
    written = [path for path in (ROOT / package / module).rglob("*") if path.is_file()]
    sources = {str(path.relative_to(ROOT / package)) for path in written if path.suffix != ".pyc"}
    upper = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert names - {".gitignore"} == sources | upper
