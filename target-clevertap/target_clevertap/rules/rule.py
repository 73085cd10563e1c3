"""A rule, and the words that one is made of."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - decoded from what its types say
from dataclasses import dataclass, field

IDENTITY_TYPES = ("identity", "objectId", "FBID", "GPID")
"""The keys one of which names the user of an upload record [SNIP, D:upload-events-api]."""

LIST_OPERATORS = ("$add", "$remove", "$set")
NUMBER_OPERATORS = ("$incr", "$decr")
OPERATORS = (*LIST_OPERATORS, *NUMBER_OPERATORS, "$delete")
"""What an upload may do to a profile property [D:upload-user-profiles-api]."""


@dataclass(frozen=True)
class Rule:
    """How the records of one stream become events or profiles."""

    type: str
    identity: str
    event: str | None = None
    event_field: str | None = None
    identity_type: str = "identity"
    time: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    others: str = "keep"
    operations: Mapping[str, str] = field(default_factory=dict)
    repeat: str = "deny"
    equal_rows: str | None = None
    """Whether rows that nothing tells apart were sent again or are new; None where it is not said,
    which means `resent`."""

    ledger_key: tuple[str, ...] = ()

    @property
    def is_event(self) -> bool:
        """Whether records become events, which CleverTap counts again when sent again."""
        return self.type == "event"

    @property
    def counts_again(self) -> bool:
        """Whether each record counts again when sent again: events, and `$incr` and `$decr`."""
        return self.is_event or not set(self.operations.values()).isdisjoint(NUMBER_OPERATORS)

    @property
    def columns(self) -> set[str]:
        """The columns that the rule names."""
        named = {self.identity, self.time, self.event_field, *self.properties.values()}
        return {column for column in (*named, *self.ledger_key) if column is not None}
