"""What a run read of pushed messages, as a receipt has it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.inbox.messages import ReadMessage


@dataclass
class InboxResult:
    """What the stream of pushed messages read."""

    was_read: bool = False
    """Whether the stream read at all."""
    messages: int = 0
    records: int = 0
    tests: int = 0
    """Messages that CleverTap sends when a campaign is made."""
    unparsed: int = 0
    """Messages that are no JSON object, or one nested too deeply: their record has `raw` alone."""
    forgotten: int = 0
    """Messages that this run deleted, as a state had proved them as delivered."""
    gone: int = 0
    """Messages that were forgotten before the state of this run had them."""

    def take(self, message: ReadMessage) -> None:
        """Add a message; its records are counted as they are written."""
        self.messages += 1
        self.tests += message.is_test
        self.unparsed += not message.is_parsed

    def as_json(self) -> dict[str, Any]:
        """Return the part of a receipt in JSON."""
        return {name: value for name, value in asdict(self).items() if name != "was_read"}


def inbox_section(found: InboxResult) -> Iterator[str]:
    """Yield the HTML about pushed messages, if the stream read any."""
    if not found.was_read:
        return
    yield "<h2>Pushed messages</h2><dl>"
    values = {
        "Messages": found.messages,
        "Records": found.records,
        "Test messages": found.tests,
        "Messages that are no JSON object": found.unparsed,
        "Messages forgotten by this run": found.forgotten,
        "Messages gone before they were read": found.gone,
    }
    yield from (f"<div><dt>{name}</dt><dd>{number:,}</dd></div>" for name, number in values.items())
    yield "</dl>"
