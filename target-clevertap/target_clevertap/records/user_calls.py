"""Records that are neither events nor profiles: tokens, deletions, subscriptions and others."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import charged, values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.kinds import kind_of
from target_clevertap.records.mapping import Mapped, RuleMapping
from target_clevertap.records.rule_mappings import rule_mapping
from target_clevertap.records.words import FALSE_WORDS, TRUE_WORDS
from target_clevertap.rules.rule import TOKEN_TYPES

if TYPE_CHECKING:
    from target_clevertap.records.mapping import RecordUser
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]

TOKEN_ID_MISSING, TOKEN_TYPE_MISSING, TOKEN_INVALID = 532, 533, 535
UNSUBSCRIBE, RESUBSCRIBE = "Unsubscribe", "Resubscribe"
UNSUBSCRIBED_WORDS = frozenset(("unsubscribe", "unsubscribed", "optout", "optedout"))
SUBSCRIBED_WORDS = frozenset(
    ("resubscribe", "resubscribed", "subscribe", "subscribed", "optin", "optedin")
)


class DeleteMapping:
    """Users to be deleted, by a rule of any kind that names their column."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        self._column = rule.identity
        # the key that the user was uploaded with, but never one that stands for no user
        checked = replace(rule, invalid="reject") if rule.invalid == "send" else rule
        self._users = rule_mapping(checked, columns)

    def __call__(self, record: Record) -> Mapped:
        """Return the user key as the deletion has it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        identity = self._users.identity(record.get(self._column))
        return Mapped(self._users.user_prefix + identity, identity, counts_again=True)

    def record_user(self, record: Record) -> None:
        """Return none: no user is created."""


class TokenMapping:
    """Device tokens, section 5.1 of the API notes."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        self._rule = rule
        self._users = RuleMapping(rule, columns)

    def __call__(self, record: Record) -> Mapped:
        """Return the token as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        rule = self._rule
        object_id = self._users.identity(record.get(rule.identity))
        data: Record = {
            "id": _text(record, rule.token or "", TOKEN_ID_MISSING, "token"),
            "type": rule.token_type or self._type(record),
        }
        named = {name: record.get(column) for name, column in rule.token_keys.items()}
        keys = {name: value for name, value in named.items() if value not in (None, "")}
        if any(not isinstance(value, str) for value in keys.values()):
            raise RecordRefusedError(TOKEN_INVALID, "a key of the token is not text")
        if keys:
            data["keys"] = keys
        body = {"type": "token", "tokenData": data, "objectId": object_id}
        return Mapped(self._users.user_prefix + object_id, body, counts_again=False)

    def record_user(self, record: Record) -> RecordUser:
        """Return the user of a record, as `RecordMapping` does."""
        return self._users.record_user(record)

    def _type(self, record: Record) -> str:
        column = self._rule.token_type_field or ""
        word = _text(record, column, TOKEN_TYPE_MISSING, "token type").strip().lower()
        if word not in TOKEN_TYPES:
            listed = ", ".join(TOKEN_TYPES)
            reason = f"column {shown(column)} holds no type of a token; they are {listed}"
            raise RecordRefusedError(TOKEN_INVALID, reason)
        return word


class AddressMapping:
    """Subscriptions, and telephone numbers to be disassociated, section 6.1 of the API notes."""

    def __init__(self, rule: Rule, columns: Columns, *, counts_again: bool) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
            counts_again: Whether the ledger remembers them: a row that is sent again would undo
                what the user chose since.
        """
        self._rule = rule
        self._type = rule.identity_type if rule.type == "subscription" else "phone"
        place = f"column {shown(rule.identity)}"
        self._place = place
        convert = values.conversion(kind_of(columns.schema(rule.identity)), place)
        self._convert = (
            convert if self._type == "email" else charged.phone_conversion(convert, place)
        )
        self._counts_again = counts_again

    def __call__(self, record: Record) -> Mapped:
        """Return the address as the call has it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        address = self._address(record.get(self._rule.identity))
        body = {"type": self._type, "value": address}
        if self._rule.type == "subscription":
            body["status"] = self._status(record)
        return Mapped(f"{self._type}\0{address}", body, self._counts_again)

    def record_user(self, record: Record) -> None:
        """Return none: no user is created."""

    def _address(self, value: Any) -> str:  # noqa: ANN401 - any JSON value
        address = None if value is None else self._convert(value)
        if address is None or (isinstance(address, str) and not address.strip()):
            code, reason = "address_missing", f"{self._place} has no address"
            raise RecordRefusedError(code, reason)
        if not isinstance(address, str):
            code, reason = "address_invalid", f"{self._place} holds no text"
            raise RecordRefusedError(code, reason)
        return address.strip()

    def _status(self, record: Record) -> str:
        column = self._rule.status_field
        if column is None:
            return self._rule.status or ""
        value = record.get(column)
        word = _word(value)
        if word in UNSUBSCRIBED_WORDS:
            return UNSUBSCRIBE
        if word in SUBSCRIBED_WORDS:
            return RESUBSCRIBE
        if word in TRUE_WORDS or word in FALSE_WORDS:
            true = self._rule.status or RESUBSCRIBE
            other = UNSUBSCRIBE if true == RESUBSCRIBE else RESUBSCRIBE
            return true if word in TRUE_WORDS else other
        code = "status_invalid"
        reason = (
            f"column {shown(column)} holds no status; it may hold true and false, or words such as "
            "unsubscribed and subscribed"
        )
        raise RecordRefusedError(code, reason)


def _text(record: Record, column: str, code: int, what: str) -> str:
    """Return the text in a column of a token.

    Raises:
        RecordRefusedError: With the code, where there is none.
    """
    value = record.get(column)
    if value is None or value == "":
        raise RecordRefusedError(code, f"column {shown(column)} has no {what}")
    if not isinstance(value, str) or not value.strip():
        raise RecordRefusedError(TOKEN_INVALID, f"column {shown(column)} holds no text")
    return value


def _word(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a status in lower case without spaces and signs between its words."""
    if isinstance(value, (bool, int, float, Decimal)) and value in (0, 1):
        return "1" if value else "0"
    if not isinstance(value, str):
        return ""
    return value.strip().lower().translate({ord(sign): None for sign in " _-"})
