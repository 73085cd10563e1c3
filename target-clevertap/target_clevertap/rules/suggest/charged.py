"""The columns for the properties of Charged: amount, currency, id and items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.columns import named
from target_clevertap.rules.suggest.words import IDS, LINES, singular, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.rules.suggest.columns import Column

_AMOUNTS = (
    *("amount", "total", "grandtotal", "totalprice", "totalamount", "ordertotal", "orderamount"),
    *("amountpaid", "paidamount", "amounttotal", "totalpaid", "nettotal", "netamount"),
    *("totalvalue", "ordervalue", "grossamount", "price", "fare", "revenue", "totalsales"),
    *("totalcost", "cost", "amountdue", "value", "fee", "paid", "subtotal"),
)
_AMOUNT_WORDS = vocabulary("amount total price fare revenue gross value cost sum")
_NOT_THE_AMOUNT = vocabulary(
    "tax taxes vat discount discounts shipping refund refunded refunds tip tips fee fees "
    "item items quantity qty count weight line lines unit subtotal sub units outstanding "
    "number code type id before previous "
    "lifetime average avg currency at date set presentment base usd"
)
_ITEM_LISTS = ("items", "lineitems", "orderitems", "lines", "products", "orderlines", "cartitems")
_SMALL_UNITS = frozenset(("cents", "cent", "paise", "pence", "minor", "micros"))


def amount_of(columns: Sequence[Column]) -> Column | None:
    """Return the column with the amount."""
    able = [column for column in columns if column.kind in {"number", "text", "any"}]
    if (exact := named(able, *_AMOUNTS)) is not None:
        return exact
    likely = [
        column
        for column in able
        if _AMOUNT_WORDS & set(column.words) and not _NOT_THE_AMOUNT & set(column.words)
    ]
    return min(likely, key=lambda column: len(column.words), default=None)


def may_count_cents(amount: Column, columns: Sequence[Column]) -> bool:
    """Whether an amount may be in the smallest unit of its currency, as at Stripe."""
    return bool(_SMALL_UNITS & set(amount.words)) or (
        amount.types == {"integer"} and named(columns, "livemode", "object") is not None
    )


def currency_of(columns: Sequence[Column]) -> Column | None:
    """Return the column with the currency's code."""
    able = [column for column in columns if column.kind in {"text", "any"}]
    exact = named(able, "currency", "currencycode", "ordercurrencycode", "ordercurrency")
    if exact is not None:
        return exact
    likely = (
        column for column in able if "currency" in column.words and "base" not in column.words
    )
    return next(likely, None)


def items_of(columns: Sequence[Column]) -> Column | None:
    """Return the column with the list of items."""
    able = [
        column
        for column in columns
        if column.types <= {"array", "string", "object"} or {"array", "string"} <= column.types
    ]
    lists = [column for column in able if column.joined in _ITEM_LISTS or _is_of_lines(column)]
    arrays = [column for column in lists if "array" in column.types]
    return next(iter([*arrays, *lists]), None)


def _is_of_lines(column: Column) -> bool:
    words = tuple(singular(word) for word in column.words)
    is_plural = words != column.words
    return is_plural and words[-1] in LINES and "array" in column.types


def charge_id_of(
    columns: Sequence[Column], noun: str, keys: Sequence[str], users: Sequence[str]
) -> Column | None:
    """Return the column with the id of the transaction.

    Args:
        columns: Of the stream.
        noun: What a row is: `order`.
        keys: Its primary key.
        users: The columns that may hold the user key.
    """
    able = [
        column
        for column in columns
        if column.kind in {"text", "number", "any"} and column.name not in users
    ]
    own = [column for column in able if [column.name] == list(keys)]
    own += [
        column
        for column in able
        if len(column.words) > 1
        and singular(column.words[-2]) in {noun, "order", "transaction", "payment", "invoice"}
        and column.last in IDS
    ]
    return next(iter(own), None) or named(able, f"{noun}id", "id", "uuid", "guid", "number", "ref")
