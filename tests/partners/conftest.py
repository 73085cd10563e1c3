"""Fixtures for the runs with real partners, and the table of what they moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clevertap_emulator.testing import Emulator
from tests.partners import moved
from tests.partners.compatibility import is_kept, keep, kept, merged
from tests.partners.meltano_project import Project, commit_working_tree, recipe
from tests.partners.servers.postgres_server import PostgresServer, binaries
from tests.partners.targets.reading import KEYS, TODAY, WORLD, TypedReading, read, read_twice
from tests.partners.targets.warehouse_claims import add_amount, change_profile

IS_NEW = pytest.StashKey[bool]()
NEWS = (
    "the tests measured something else than was in it: it is written again, with measured.json; "
    "read what changed, then commit both"
)


LEFT_OPEN = pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")
"""The clients of stores leave sockets open: Python says so during any later test, by chance."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fail no partner's test for what another partner left open."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(LEFT_OPEN)


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A git repository with the files of this checkout."""
    folder = tmp_path_factory.mktemp("repository")
    commit_working_tree(folder)
    return folder


@pytest.fixture(scope="module")
def example(tmp_path_factory, repository):
    """Return what makes an installed project of an example."""

    def make(name: str, change: Any = None) -> Project:
        project = Project.of_example(name, tmp_path_factory.mktemp(name), repository)
        if change:
            project.edit(lambda definition: change(project, definition))
        project.meltano("install")
        return project

    return make


@pytest.fixture(scope="session")
def readings():
    """Two runs of tap-clevertap over an emulator of fixed days."""
    emulator = Emulator.start(**WORLD)
    yield read_twice(emulator)
    emulator.stop()


@pytest.fixture(scope="session")
def as_text(readings):
    """All days as they are, and by the recipe that makes JSON text of open objects."""
    maps = recipe("recipes", "tap-clevertap--text")["stream_maps"]
    plain, text = (read(readings.emulator, TODAY, stream_maps=each) for each in ({}, maps))
    for stream in KEYS:
        columns = text.schema(stream)["schema"]["properties"].values()
        assert not [each for each in columns if {"object", "array"} & set(each["type"])]
    return plain, text


@pytest.fixture(scope="session")
def typed_reading():
    """One run of tap-clevertap with a stream for each event."""
    with Emulator.start(**WORLD) as emulator:
        return TypedReading.of(emulator)


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL server with an empty database."""
    if binaries() is None:
        pytest.skip("PostgreSQL is neither installed nor to be had as a package here")
    server = PostgresServer.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def first(warehouse) -> float:
    """Load a warehouse for the first time; return the seconds it took."""
    return warehouse.project.run(*warehouse.loading).seconds


@pytest.fixture(scope="module")
def second(first, warehouse) -> tuple[str, float]:
    """Load it again after a user changed; return whose profile, and the seconds it took."""
    identity = change_profile(warehouse.emulator)
    warehouse.project.edit(lambda definition: add_amount(definition, warehouse.project))
    return identity, warehouse.project.run(*warehouse.loading).seconds


def pytest_sessionfinish(session):
    """Fail where the tests measured something else than docs/compatibility.md has."""
    if hasattr(session.config, "workerinput"):
        return
    measured = merged(kept(), moved.facts(finished(session.config)))
    if not is_kept(measured):
        keep(measured)
        session.config.stash[IS_NEW] = True
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    """Print what moved, of tests that passed and of those that failed."""
    lines = moved.table(finished(config))
    if len(lines) > 1:
        terminalreporter.section("what moved")
        terminalreporter.write("\n".join(lines) + "\n")
    if IS_NEW in config.stash:
        terminalreporter.section("docs/compatibility.md")
        terminalreporter.write(f"{NEWS}\n")


def finished(config):
    """Return the reports of tests that ran, however they ended."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    reports = [each for outcome in ("passed", "failed") for each in terminal.stats.get(outcome, [])]
    return [each for each in reports if each.when == "call"]
