"""Fixtures for pytest; it finds them where `clevertap-emulator[pytest]` is installed.

`clevertap_emulator.testing` is imported by the fixtures only: pytest loads this module in every
project that has the emulator installed, with the extra or without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.testing import Emulator, Starter

__all__ = [
    "clevertap_emulator",
    "clevertap_emulator_options",
    "running_clevertap_emulator",
    "start_clevertap_emulator",
]


@pytest.fixture(scope="session")
def clevertap_emulator_options() -> dict[str, object]:
    """The flags of `clevertap_emulator` as keywords: override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def running_clevertap_emulator(clevertap_emulator_options: dict[str, object]) -> Iterator[Emulator]:
    """One emulator for the whole session, with whatever earlier tests left in it."""
    from clevertap_emulator.testing import Emulator  # noqa: PLC0415 - see above

    with Emulator.start(**clevertap_emulator_options) as emulator:
        yield emulator


@pytest.fixture
def clevertap_emulator(running_clevertap_emulator: Emulator) -> Emulator:
    """The session's emulator, as if just started."""
    running_clevertap_emulator.reset()
    return running_clevertap_emulator


@pytest.fixture
def start_clevertap_emulator() -> Iterator[Starter]:
    """A function that starts emulators with other flags; they end with the test."""
    from clevertap_emulator.testing import emulators  # noqa: PLC0415 - see above

    with emulators() as start:
        yield start
