"""Which columns are the user, the time of an event, an amount: the likeliest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.words import (
    BIRTHS,
    CHANGES,
    IDS,
    NOT_USERS,
    NOT_YET,
    PEOPLE,
    STATES,
    USERS,
    singular,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_clevertap.rules.suggest.columns import Column

MAIL = frozenset(("email", "mail", "emailaddress", "emailid"))
PHONES = frozenset(("phone", "mobile", "msisdn", "phonenumber", "mobilenumber", "whatsapp"))
LOGINS = frozenset(("username", "userlogin", "login", "handle", "nickname"))
OTHERS_IDS = vocabulary(
    "systemmodstamp isdeleted hsobjectid vid canonicalvid lifecyclestage livemode externalid "
    "admingraphqlapiid uniqueemailid financialstatus crmid"
)
"""Columns of shop systems and CRMs, whose own ids are hardly those that an app knows."""

OTHERS_NAMES = ("hs_", "hubspot_", "property_", "properties_hs_")

WEAK_USERS = frozenset(("author", "sender", "actor", "owner", "viewer", "reader"))

FIRST, WEAK, NEVER = -1, 100, 1000
HAPPENED = {
    **dict.fromkeys(("occurred", "occurance", "happened"), 0),
    **dict.fromkeys(("placed", "ordered", "purchased", "booked", "transacted", "charged"), 1),
    **dict.fromkeys(("timestamp", "event", "order", "purchase", "transaction", "payment"), 2),
    **dict.fromkeys(("booking", "invoice", "sale", "visit", "click", "view", "issued"), 2),
    **dict.fromkeys(("processed", "donated", "visited", "viewed", "clicked", "opened"), 3),
    **dict.fromkeys(("created", "creation", "create", "createdate", "started", "start"), 4),
    **dict.fromkeys(("submitted", "recorded", "logged", "sent", "requested"), 5),
    **dict.fromkeys(("at", "when", "time", "ts", "datetime", "date", "on", "epoch"), 6),
    **dict.fromkeys(("received", "paid", "completed", "day", "added"), 7),
    **dict.fromkeys(("signup", "registered", "registration", "joined", "signed"), 8),
}
"""Words in the name of a time, with how near they are to what happened: 0 is nearest."""

MOMENTS = vocabulary("at on date time timestamp when ts datetime day utc gmt epoch created")


def user_columns(columns: Sequence[Column], noun: str, keys: Sequence[str]) -> list[Column]:
    """Return the columns that may hold the user key, the likeliest first.

    Args:
        columns: Of the stream.
        noun: What its rows are.
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
        # who owns a row of a CRM is its seller
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
    """Return the noun of a user whose id a column's name says that it holds."""
    if len(words) > 1 and words[-1] in IDS and words[-2] in USERS:
        return words[-2]
    if column.joined in {"uid", "userid"}:
        return "user"
    for user in USERS:
        if column.joined == f"{user}id" or (column.last == f"{user}id"):
            return user
    return None


def time_columns(columns: Iterable[Column], noun: str) -> list[Column]:
    """Return the columns that may hold the time of an event, the likeliest first.

    Args:
        columns: Of the stream.
        noun: What its rows are: the time of a booking is `booked_at`.
    """
    ranks = {column: _time_rank(column, noun) for column in columns}
    found = [column for column, rank in ranks.items() if rank < NEVER]
    return sorted(found, key=lambda column: (ranks[column], len(column.words)))


def _time_rank(column: Column, noun: str) -> float:
    words = set(column.words)
    if words & BIRTHS or is_of_change(column) or column.kind in {"nested", "boolean"}:
        return NEVER
    is_of_noun = bool(noun) and any(word.startswith(noun[:4]) for word in words)
    if words & NOT_YET and not is_of_noun:
        return NEVER
    ranks = [HAPPENED[word] for word in words if word in HAPPENED] + [1] * is_of_noun
    typed = column.kind in {"moment", "day"}
    if not typed and not (ranks and _looks_like_time(column)):
        return NEVER
    return min(ranks, default=50) + (0.5 if column.kind == "day" else 0)


def _looks_like_time(column: Column) -> bool:
    if column.kind == "number":
        return column.last in {"at", "timestamp", "ts", "created", "epoch"} or column.joined in {
            "time",
            "date",
        }
    return column.last in MOMENTS or column.joined.endswith(("date", "datetime", "timestamp"))


def is_of_change(column: Column) -> bool:
    """Tell whether a column moves with every change of its row."""
    return bool(CHANGES & set(column.words)) or "updat" in column.joined or "modif" in column.joined


def moving_columns(columns: Sequence[Column], *, charged: bool) -> list[Column]:
    """Return the columns that change in rows which are touched later: `updated_at`, `status`.

    Args:
        columns: Of the stream.
        charged: Whether each row is a payment: it has states, whether or not a column says when
            they changed.
    """
    moving = [column for column in columns if is_of_change(column)]
    if not moving:
        return [column for column in columns if charged and column.last in STATES]
    later = [
        column
        for column in columns
        if column.last in STATES or (column.kind == "moment" and NOT_YET & set(column.words))
    ]
    return [column for column in columns if column in moving or column in later]
