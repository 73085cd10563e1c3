"""Which cells run: representative ones, or all."""

from __future__ import annotations

import os

WHOLE = bool(os.environ.get("CLEVERTAP_TEST_WHOLE"))
