"""Images of the repository's container files, each built once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.partners.containers.image import Build, Stage, needs_overlays
from tests.partners.meltano_project import installing_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def build(tmp_path_factory, repository) -> Callable[..., Stage]:
    """Return what builds a container file of a folder of the checkout, after a change to a copy."""
    needs_overlays(tmp_path_factory.mktemp("overlay"))
    host = {**os.environ, **installing_environment(repository)}

    def make(folder: str, file: str = "Dockerfile", change: Callable | None = None) -> Stage:
        place = tmp_path_factory.mktemp("image")
        copy: Path = place / "copy"
        shutil.copytree(repository / folder, copy, ignore=shutil.ignore_patterns(".git"))
        if change:
            change(copy)
        return Build(copy / file, copy, place, host).run()

    return make
