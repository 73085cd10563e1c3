"""Fixtures for all tests: emulators, started on free ports and ended afterwards."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from emulator_process import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start_emulator() -> Iterator[Callable[..., Emulator]]:
    """Start emulators with keyword options for flags; all end with the test."""
    with ExitStack() as started:

        def start(**options: Any) -> Emulator:
            emulator = Emulator.start(**options)
            started.callback(emulator.stop)
            return emulator

        yield start


@pytest.fixture
def emulator(start_emulator: Callable[..., Emulator]) -> Emulator:
    """One emulator with its defaults."""
    return start_emulator()
