"""Files of a local folder."""

from __future__ import annotations

import pytest

from tests.support.files.store_claims import StoreClaims
from tests.support.files.stores import started_store


@pytest.fixture(scope="module")
def store():
    with started_store("local") as started:
        yield started


class TestStore(StoreClaims):
    """What holds of every store."""
