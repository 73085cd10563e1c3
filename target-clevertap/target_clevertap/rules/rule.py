"""A rule of the setting `streams`, and the words allowed in it."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - decoded by its types
from dataclasses import dataclass, field

from target_clevertap.rules.shape import Shape  # noqa: TC001 - encoded by its types

IDENTITY_TYPES = ("identity", "objectId", "FBID", "GPID")
"""The types of a user key in an upload record [SNIP, D:upload-events-api]."""

ADDRESS_TYPES = ("phone", "email", "whatsapp")
"""What a subscription is of [D:subscribe-api]."""

TOKEN_TYPES = ("fcm", "gcm", "apns", "wns", "mpns", "chrome")
"""The types of device tokens [D:upload-device-tokens-api]."""

STATUSES = ("Unsubscribe", "Resubscribe")
KINDS = ("event", "profile", "token", "subscription", "disassociate", "delete")

LIST_OPERATORS = ("$add", "$remove", "$set")
NUMBER_OPERATORS = ("$incr", "$decr")
OPERATORS = (*LIST_OPERATORS, *NUMBER_OPERATORS, "$delete")
"""The operators on a property of a profile [D:upload-user-profiles-api]."""


@dataclass(frozen=True)
class Rule:
    """How the records of one stream become records or calls of CleverTap."""

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
    """What an equal row is, where the stream has no bookmark and its events no time.

    `resent` or `new`; None, where the rule does not have the key, works like `resent`.
    """

    ledger_key: tuple[str, ...] = ()
    nulls: str = "omit"
    """`delete`: a null removes the property of a profile."""

    invalid: str = "reject"
    """What becomes of values beyond CleverTap's limits: `reject`, `fix` or `send`."""

    country: str | None = None
    """The setting `default_country`, where the rule has `invalid: fix`."""

    only_if: str | None = None
    """The column that has to be true for a row to be sent."""

    shape: Shape | None = None
    """How records are read that are not one flat row of one kind; None for usual rules."""

    changes_only: bool = False
    """Whether a profile equal to the one that was delivered last is not sent."""
    token: str | None = None
    """The column with a device token."""

    token_type: str | None = None
    token_type_field: str | None = None
    token_keys: Mapping[str, str] = field(default_factory=dict)
    """The columns with `p256dh` and `auth` of a token of a browser."""

    status: str | None = None
    """Of a subscription; with a `status_field`, what true means in it."""

    status_field: str | None = None
    on_deleted: str = "ignore"

    @property
    def is_call_or_token(self) -> bool:
        """Whether records become neither events nor profiles."""
        return self.type not in {"event", "profile"}

    @property
    def deletes(self) -> bool:
        """Whether records may delete users."""
        return self.type == "delete" or self.on_deleted == "delete"

    @property
    def is_event(self) -> bool:
        """Whether records become events, not profiles."""
        return self.type == "event"

    @property
    def counts_again(self) -> bool:
        """Whether a record counts twice when it is sent twice: an event, `$incr` or `$decr`.

        A deletion does too: its user may have come back.
        """
        if self.is_event or self.type == "delete":
            return True
        return not set(self.operations.values()).isdisjoint(NUMBER_OPERATORS)

    @property
    def columns(self) -> set[str]:
        """All columns that the rule names."""
        named = {self.identity, self.time, self.event_field, self.only_if}
        named |= {self.token, self.token_type_field, self.status_field, *self.token_keys.values()}
        return {
            column
            for column in (*named, *self.properties.values(), *self.ledger_key)
            if column is not None
        }
