"""What the tests of all orchestrators share: one installed project."""

from __future__ import annotations

import pytest

from tests.partners.orchestrators.installed import Home


@pytest.fixture(scope="session")
def home(tmp_path_factory, repository) -> Home:
    """The program and the installed Meltano project, as they are where the tasks run."""
    return Home.install(tmp_path_factory.mktemp("opt"), repository)
