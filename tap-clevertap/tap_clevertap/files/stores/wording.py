"""What happened to a file, in words that are the same for every store: the rest of "`a.json` "."""

from __future__ import annotations

REPLACED = "was replaced after it was listed"
GONE = "is gone since it was listed"
FOREIGN_KEY = (
    "is encrypted with a key that only its writer has; copy it with an encryption of the store"
)
