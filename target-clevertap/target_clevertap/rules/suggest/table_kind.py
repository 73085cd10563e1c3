"""What the rows of a table are: users, purchases or other events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.charged import amount_of, currency_of
from target_clevertap.rules.suggest.profile import is_personal
from target_clevertap.rules.suggest.time_columns import time_columns
from target_clevertap.rules.suggest.words import (
    ACTIVITIES,
    IDS,
    LINES,
    PEOPLE,
    REVERSALS,
    TRANSACTIONS,
    TRANSACTIONS_WITH_AMOUNT,
    singular,
    table_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.rules.suggest.columns import Column
    from target_clevertap.rules.suggest.suggestion import Table


HAPPENING = ACTIVITIES | REVERSALS | LINES
"""Nouns of tables whose rows are events."""


def kind_of_table(table: Table, users: Sequence[Column]) -> str:
    """Return what a table's rows are: `profile`, `charged` or `event`."""
    noun, paid = table.noun, amount_of(table.columns) is not None
    if noun in PEOPLE:
        return "profile"
    if noun in TRANSACTIONS or (noun in TRANSACTIONS_WITH_AMOUNT and paid):
        return "charged"
    if is_known(noun):
        return "event"
    return _kind_by_columns(table, users, paid=paid)


def _kind_by_columns(table: Table, users: Sequence[Column], *, paid: bool) -> str:
    is_of_user = list(table.keys) == [users[0].name]
    if is_of_user or _is_about_people(table) or (is_personal(table.columns) and not paid):
        return "profile"
    deeds = [column for column in table.columns if refers_to(column, TRANSACTIONS)]
    if paid and (deeds or currency_of(table.columns) is not None):
        return "charged"
    return "event" if time_columns(table.columns, table.noun) else "profile"


def _is_about_people(table: Table) -> bool:
    """Whether a table is like `user_settings`, `customer_addresses` or `accounts`."""
    before = {singular(word) for word in table_words(table.stream)[:-1]}
    return table.noun == "account" or bool(before & PEOPLE)


def is_known(noun: str) -> bool:
    """Whether a noun alone shows what the rows of a table are."""
    return noun in PEOPLE | TRANSACTIONS | TRANSACTIONS_WITH_AMOUNT | HAPPENING


def refers_to(column: Column, nouns: frozenset[str]) -> bool:
    """Whether a column is the id of a row in a table of one of these nouns."""
    return len(column.words) > 1 and column.last in IDS and column.words[-2] in nouns
