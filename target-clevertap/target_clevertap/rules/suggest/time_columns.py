"""Which columns may hold the time of an event, by their names: the likeliest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.words import BIRTHS, CHANGES, NOT_YET, STATES, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_clevertap.rules.suggest.columns import Column

NEVER = 1000
"""The rank of a column that does not hold the time of an event."""

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
"""Words in the name of a time, ranked: 0 is the surest for the time of an event."""

MOMENTS = vocabulary("at on date time timestamp when ts datetime day utc gmt epoch created")


def time_columns(columns: Iterable[Column], noun: str) -> list[Column]:
    """Return the columns that may hold the time of an event, the likeliest first.

    Args:
        columns: Of the stream.
        noun: What a row is: the time of a booking is `booked_at`.
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
    """Whether a column changes whenever its row changes."""
    return bool(CHANGES & set(column.words)) or "updat" in column.joined or "modif" in column.joined


def moving_columns(columns: Sequence[Column], *, charged: bool) -> list[Column]:
    """Return the columns that change when a row is updated: `updated_at`, `status`.

    Args:
        columns: Of the stream.
        charged: Whether each row is a payment: its state changes even where no column has the
            time of the change.
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
