"""How much is run: what speaks for the rest, or all of it."""

from __future__ import annotations

import os

WHOLE = bool(os.environ.get("CLEVERTAP_TEST_WHOLE"))
