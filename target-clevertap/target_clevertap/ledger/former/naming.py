"""The name that commit 2f47414 gave a record in its ledger; frozen."""

from __future__ import annotations

from decimal import InvalidOperation
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from target_clevertap.ledger.former.mapping import former_mapping
from target_clevertap.ledger.former.values import NoFormerNameError, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.rules.rule import Rule

NAME_BYTES = 16
UNNAMED = (
    NoFormerNameError,
    KeyError,
    UnicodeEncodeError,
    RecursionError,
    InvalidOperation,
    ValueError,
    TypeError,
    OverflowError,
)
"""What is raised for a record that was refused, and so had no name.

A record without its key ended the run."""


class FormerNames:
    """Names the records of a stream as they were named."""

    def __init__(
        self, stream: str, keys: Sequence[str], rule: Rule | None, properties: Mapping[str, Any]
    ) -> None:
        """Name records from now on.

        Args:
            stream: Its name, as it came in.
            keys: The columns whose values were part of a name.
            rule: As it is configured.
            properties: The columns' JSON schemas by name, as the SCHEMA holds them.
        """
        self._stream = stream.encode()
        self._keys = keys
        self._map = former_mapping(rule, properties)

    def name(self, record: dict[str, Any]) -> bytes | None:
        """Return the name of a record, or None where it had none."""
        if self._map is None:
            return None
        try:
            payload = encode(self._map(record))
            keys = encode([record[key] for key in self._keys])
        except UNNAMED:
            return None
        content = b"%b\0%b\0%b" % (self._stream, keys, payload)
        return blake2b(content, digest_size=NAME_BYTES).digest()
