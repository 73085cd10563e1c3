"""Fixtures for the examples whose connectors come from PyPI, and which a reader follows."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.partners.meltano_project import installing_environment
from tests.support.example_copies import copied
from tests.support.page_reader import Reader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def reading(tmp_path_factory, repository):
    """Return what starts a reader in a copy of an example.

    Our plugins are installed from this checkout, all others from PyPI.
    """
    with ExitStack() as started:

        def start(example: Path, emulator: Any, **values: Any) -> Reader:
            folder = copied(example, tmp_path_factory.mktemp(example.name), **values)
            environment = installing_environment(repository)
            return started.enter_context(Reader(folder, emulator, **environment))

        yield start
