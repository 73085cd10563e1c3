"""Which columns may hold the key of the user, by their names: the likeliest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.words import (
    IDS,
    NOT_USERS,
    PEOPLE,
    USERS,
    singular,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.rules.suggest.columns import Column

MAIL = frozenset(("email", "mail", "emailaddress", "emailid"))
PHONES = frozenset(("phone", "mobile", "msisdn", "phonenumber", "mobilenumber", "whatsapp"))
LOGINS = frozenset(("username", "userlogin", "login", "handle", "nickname"))
OTHERS_IDS = vocabulary(
    "systemmodstamp isdeleted hsobjectid vid canonicalvid lifecyclestage livemode externalid "
    "admingraphqlapiid uniqueemailid financialstatus crmid"
)
"""Columns of shop systems and CRMs: an app hardly knows the ids of these systems."""

OTHERS_NAMES = ("hs_", "hubspot_", "property_", "properties_hs_")

WEAK_USERS = frozenset(("author", "sender", "actor", "owner", "viewer", "reader"))

FIRST, WEAK, NEVER = -1, 100, 1000
"""Ranks; a column of the rank NEVER or above is not the user's."""


def user_columns(columns: Sequence[Column], noun: str, keys: Sequence[str]) -> list[Column]:
    """Return the columns that may hold the user key, the likeliest first.

    Args:
        columns: Of the stream.
        noun: What a row is: `order`.
        keys: Its primary key.
    """
    is_foreign = any(
        column.joined in OTHERS_IDS or column.name.startswith(OTHERS_NAMES) for column in columns
    )
    ranks = {
        column.name: _user_rank(column, noun, keys, is_foreign=is_foreign) for column in columns
    }
    found = [column for column in columns if ranks[column.name] < NEVER]
    return sorted(found, key=lambda column: ranks[column.name])


def _user_rank(column: Column, noun: str, keys: Sequence[str], *, is_foreign: bool) -> int:
    words = tuple(singular(word) for word in column.words)
    if column.kind not in {"text", "number", "any"} or not words or NOT_USERS.intersection(words):
        return NEVER
    if column.joined == "identity":
        return FIRST
    rank = _id_rank(column, words, noun, keys)
    if rank < NEVER:
        # the owner of a row in a CRM is the seller
        return rank + (NEVER if rank >= WEAK else 100) * is_foreign
    pairs = {("email", "address"), ("e", "mail"), ("email", "id")}
    if column.last in MAIL or column.words[-2:] in pairs:
        return 60 + len(words)
    return _weak_rank(column, words)


def _id_rank(column: Column, words: tuple[str, ...], noun: str, keys: Sequence[str]) -> int:
    user = _user_of(column, words)
    if user is not None:
        return 0 if user == noun else (WEAK if user in WEAK_USERS else 5) + USERS.index(user)
    is_key = [column.name] == list(keys) or column.joined in {"id", "entityid", "externalid"}
    return 50 if noun in PEOPLE and is_key and column.last not in MAIL else NEVER


def _weak_rank(column: Column, words: tuple[str, ...]) -> int:
    if column.joined in LOGINS:
        return 300
    if column.last in PHONES or "".join(column.words[-2:]) in PHONES:
        return 200
    if words[-1] in USERS:
        return 250 + USERS.index(words[-1])
    return 400 if column.joined in {"accountid", "createdby", "distinctid", "ownerid"} else NEVER


def _user_of(column: Column, words: tuple[str, ...]) -> str | None:
    """Return the noun of the user whose id a column holds, by its name."""
    if len(words) > 1 and words[-1] in IDS and words[-2] in USERS:
        return words[-2]
    if column.joined in {"uid", "userid"}:
        return "user"
    for user in USERS:
        if column.joined == f"{user}id" or (column.last == f"{user}id"):
            return user
    return None
