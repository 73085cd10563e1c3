"""Files of Google Cloud Storage and of Azure, on emulators."""

from __future__ import annotations

import pytest

from tests.support.files.store_claims import CloudClaims
from tests.support.files.stores import PARTNERS, started_store


@pytest.fixture(scope="module", params=PARTNERS)
def store(request):
    with started_store(request.param) as started:
        yield started


class TestStore(CloudClaims):
    """What holds of every store."""
