"""Fixtures for the tap."""

from __future__ import annotations

import pytest

from tests.support.plugin_process import write_json

SPEED = 10
"""A host that is refused four times is given up in a second; a busy machine has six to answer."""


@pytest.fixture
def launch_tap(tap_launcher):
    """Run the tap to its end, without the start of an interpreter."""

    def launch(config, *, arguments=(), state=None, speed=SPEED):
        given = [] if state is None else ["--state", write_json(state)]
        return tap_launcher.run("--config", write_json(config), *arguments, *given, speed=speed)

    return launch
