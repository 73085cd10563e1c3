"""A rule for MongoDB's documents, where one column holds the whole document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.event import CHARGED, event_name
from target_clevertap.rules.suggest.suggestion import Suggestion
from target_clevertap.rules.suggest.words import PEOPLE, TRANSACTIONS, TRANSACTIONS_WITH_AMOUNT

if TYPE_CHECKING:
    from target_clevertap.rules.suggest.suggestion import Table

DOCUMENT = "document"
BUYERS = ("customer_id", "customerId")
USERS = ("user_id", "userId")
TIMES = ("created_at", "createdAt")


def is_envelope(table: Table) -> bool:
    """Whether a table holds documents of MongoDB, as two published taps send them."""
    names = {column.name for column in table.columns}
    holds_fields = any(
        column.name == DOCUMENT and column.kind in {"nested", "any"} for column in table.columns
    )
    is_short = names <= {DOCUMENT, "_id"}
    return holds_fields and ("object_id" in names or ("_id" in names and is_short))


def suggest_from_document(table: Table) -> Suggestion:
    """Return a rule, and a stream map that extracts guessed fields from the documents."""
    names = {column.name for column in table.columns}
    key = "object_id" if "object_id" in names else "_id"
    if table.noun in PEOPLE:
        suggestion = _profile(key)
    else:
        charged = table.noun in TRANSACTIONS | TRANSACTIONS_WITH_AMOUNT
        suggestion = _event(table, key, charged=charged)
    suggestion.maps[DOCUMENT] = "__NULL__"
    text = "the fields of `document` are guessed: replace them with those of your documents"
    suggestion.remark("", f"{text}, one line for each under stream_maps and under properties")
    return suggestion


def _profile(key: str) -> Suggestion:
    properties = {"Name": "name", "Email": "email"}
    rule = {"type": "profile", "identity": key, "properties": properties, "others": "drop"}
    suggestion = Suggestion(rule)
    suggestion.maps.update({name: _field(name) for name in properties.values()})
    text = "has to be the identity that the app's SDK uses; it could also be `email`"
    suggestion.remark("identity", text)
    return suggestion


def _event(table: Table, key: str, *, charged: bool) -> Suggestion:
    users = BUYERS if charged else USERS
    suggestion = Suggestion({"type": "event", "event": event_name(table.stream)})
    properties = {"id": key}
    if charged:
        suggestion.rule["event"] = CHARGED
        properties = {"Amount": "amount", "Currency": "currency", "Charged ID": key}
        properties["Items"] = "items"
        suggestion.maps["amount"] = _field("total", "amount")
        suggestion.maps["currency"] = _field("currency")
        suggestion.maps["items"] = _field("items")
    suggestion.maps[users[0]] = _field(*users)
    # the first four bytes of an ObjectId are the seconds of its making
    born = f"(int({key}[:8], 16) if {key}[23:] and not {key}[24:] else None)"
    suggestion.maps["happened_at"] = f"{_field(*TIMES)} or {born}"
    suggestion.rule |= {"identity": users[0], "time": "happened_at", "properties": properties}
    suggestion.rule |= {"others": "drop", "ledger_key": [key]}
    suggestion.remark("identity", "has to be the identity that the app's SDK uses")
    text = f"a field of the document, else the time that an ObjectId in `{key}` was made"
    suggestion.remark("time", text)
    return suggestion


def _field(*names: str) -> str:
    return " or ".join(f"(document or {{}}).get('{name}')" for name in names)
