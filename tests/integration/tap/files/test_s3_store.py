"""Files of S3, on moto's server."""

from __future__ import annotations

import pytest

from tests.support.files.store_claims import CloudClaims
from tests.support.files.stores import started_store


@pytest.fixture(scope="module")
def store():
    with started_store("s3") as started:
        yield started


class TestStore(CloudClaims):
    """What holds of every store."""
