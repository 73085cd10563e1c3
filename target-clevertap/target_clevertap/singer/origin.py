"""Which stream a record came in, by which a reject of it can be sent again."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The stream a record came in, with the SCHEMA line it came under."""

    stream: str
    schema_line: bytes
    alias: str | None = None
    """The name a stream map gave it, where that is another."""

    name: str = field(init=False)
    """The name its rule is under."""

    def __post_init__(self) -> None:
        """Find the name once: every record asks for it."""
        object.__setattr__(self, "name", self.alias or self.stream)
