"""What happened to a file, in words that are the same for every store."""

from __future__ import annotations

REPLACED = "it was replaced after it was listed; the next run reads it"
GONE = "it is gone since it was listed; the next run lists the folder again"
FOREIGN_KEY = (
    "it is encrypted with a key that only its writer has; copy it with an encryption of the store"
)
