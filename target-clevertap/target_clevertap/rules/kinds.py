"""Which keys a rule may have, by the kind of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.faults import Fault
from target_clevertap.rules.rule import ADDRESS_TYPES, IDENTITY_TYPES
from target_clevertap.rules.shape_reading import SHAPE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_clevertap.rules.rule import Rule

ARTICLES = {"event": "an event"}
TYPES_OF_KEY = {
    "token": ("token",),
    "token_type": ("token",),
    "token_type_field": ("token",),
    "token_keys": ("token",),
    "status": ("subscription",),
    "status_field": ("subscription",),
}
"""Keys of a rule that only some kinds have."""

NOT_OF_KINDS = frozenset(
    (
        *("event", "event_field", "time", "properties", "others", "operations", "preset"),
        *("nulls", "invalid", "changes_only"),
        *SHAPE_KEYS,
    )
)
"""Keys that only events and profiles have."""

USER_KEYS: Mapping[str, tuple[str, ...]] = {
    "token": ("objectId",),
    "subscription": ADDRESS_TYPES,
    "disassociate": ("phone",),
    "delete": ("identity", "objectId"),
}
"""What the column under `identity` may hold, by the kind; events and profiles have any user key."""

ONLY_USER_KEYS = {kind: keys[0] for kind, keys in USER_KEYS.items() if len(keys) == 1}
"""What the column holds where there is no choice, by the kind."""

NEGATIVE_WORDS = (
    *("unsub", "optout", "optedout", "dnd", "donot", "suppress", "block", "bounce", "blacklist"),
    *("cancel", "complain", "declin", "denied", "deny", "disab", "disallow", "exclu", "forbid"),
    *("inactive", "invalid", "mute", "noemail", "nomail", "nosms", "object", "refus", "reject"),
    *("remove", "revok", "spam", "stop", "withdr"),
)
"""Parts of a column's name that make its `true` mean unsubscribed, or may."""


def kind_faults(rule: Rule, settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the faults of keys that do not go with the kind of a rule's records.

    Args:
        rule: As it was read.
        settings: The same as it was configured.
    """
    kind = ARTICLES.get(rule.type, f"a {rule.type}")
    for key in settings:
        misplaced = rule.is_call_or_token and key in NOT_OF_KINDS
        if misplaced or rule.type not in TYPES_OF_KEY.get(key, (rule.type,)):
            yield Fault(f"{kind} has no `{key}`; remove it", key)
    yield from _user_key_faults(rule, "identity_type" in settings, kind)
    if rule.type == "token":
        yield from _token_faults(rule)
    if rule.type == "subscription":
        yield from _status_faults(rule)
    yield from _deletion_faults(rule)


def _user_key_faults(rule: Rule, is_given: bool, kind: str) -> Iterator[Fault]:  # noqa: FBT001 - read once
    allowed = USER_KEYS.get(rule.type, IDENTITY_TYPES)
    if rule.identity_type in allowed:
        return
    listed = " or ".join(f"`{each}`" for each in allowed)
    if is_given:
        text = f"{kind} is not known by {shown(rule.identity_type)}; set {listed}"
    else:
        text = f"say what column {shown(rule.identity)} holds; set {listed}"
    yield Fault(text, "identity_type")


def _token_faults(rule: Rule) -> Iterator[Fault]:
    if rule.token is None:
        yield Fault("a token needs the column that holds it; set `token`")
    if (rule.token_type is None) == (rule.token_type_field is None):
        yield Fault(
            "a token needs either `token_type` (fcm, gcm, apns, wns, mpns or chrome) or "
            "`token_type_field` (a column); set one of them"
        )


def _status_faults(rule: Rule) -> Iterator[Fault]:
    column = rule.status_field
    if rule.status is None and column is None:
        yield Fault(
            "a subscription needs `status` (Unsubscribe or Resubscribe), `status_field` (a "
            "column) or both; set one of them"
        )
    plain = (column or "").replace("_", "").replace("-", "").replace(" ", "").lower()
    if rule.status is None and any(word in plain for word in NEGATIVE_WORDS):
        text = (
            f"by its name, true in column {shown(column or '')} may mean unsubscribed; say what it "
            "means: set `status: Unsubscribe` or `status: Resubscribe`"
        )
        yield Fault(text, "status_field")


def _deletion_faults(rule: Rule) -> Iterator[Fault]:
    if rule.on_deleted != "delete":
        return
    if rule.type not in {"profile", "delete"}:
        text = (
            f"a deleted row of {rule.type} records does not mean that its user is to be deleted; "
            "remove it, and set it in the rule of a stream of users"
        )
        yield Fault(text, "on_deleted")
    elif rule.identity_type not in USER_KEYS["delete"]:
        text = (
            f"users are deleted by identity or objectId, not by {rule.identity_type}; remove it, "
            "or name a column with one of these"
        )
        yield Fault(text, "on_deleted")
