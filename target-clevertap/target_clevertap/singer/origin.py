"""Which stream a record came in, by which a reject of it can be sent again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The stream a record came in, with the SCHEMA line it came under."""

    stream: str
    schema_line: bytes
    alias: str | None = None
    """The name a stream map gave it, where that is another."""

    @property
    def name(self) -> str:
        """The name its rule is under."""
        return self.alias or self.stream
