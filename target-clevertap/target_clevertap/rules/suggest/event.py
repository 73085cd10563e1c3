"""A rule for a table whose rows are events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.records.limits import is_reserved
from target_clevertap.rules.suggest.charged import (
    amount_of,
    charge_id_of,
    currency_of,
    items_of,
    may_count_cents,
)
from target_clevertap.rules.suggest.columns import LOADERS, named
from target_clevertap.rules.suggest.profile import remark_identity
from target_clevertap.rules.suggest.properties import LeftOut, name_properties
from target_clevertap.rules.suggest.property_names import accepted
from target_clevertap.rules.suggest.suggestion import Suggestion, listed, map_key, value_of
from target_clevertap.rules.suggest.time_columns import moving_columns, time_columns
from target_clevertap.rules.suggest.words import KNOWN, NAMED_EVENTS, table_words
from target_clevertap.rules.suggest.yaml_text import key_in_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.rules.suggest.columns import Column
    from target_clevertap.rules.suggest.suggestion import Table

CHARGED = "Charged"
CHARGED_PROPERTIES = ("Amount", "Currency", "Charged ID", "Items")
EVENT_NAMES = ("eventname", "eventtext", "event", "eventtype", "activitytype", "actionname")


def suggest_event(table: Table, users: Sequence[Column], *, charged: bool) -> Suggestion:
    """Return a rule that turns rows into events.

    Args:
        table: The stream.
        users: The columns that may hold the user key, the likeliest first.
        charged: Whether the event is Charged.
    """
    identity = users[0]
    suggestion = Suggestion({"type": "event"})
    used = {identity.name, *_name_event(suggestion, table, charged=charged)}
    suggestion.rule["identity"] = identity.name
    remark_identity(suggestion, users)
    rest = [column for column in table.columns if column.name not in used]
    time = _time(suggestion, table, rest)
    used |= {time.name} if time is not None else set()
    suggestion.rule["properties"] = {}
    rest = [column for column in rest if column is not time]
    if charged:
        used |= _charge(suggestion, table, rest, [column.name for column in users])
    left_out = LeftOut()
    moving = moving_columns(table.columns, charged=charged)
    left_out.moving += [column.name for column in moving if column in rest]
    left = [column for column in rest if column.name not in {*used, *left_out.moving}]
    reserved = CHARGED_PROPERTIES if charged else ()
    name_properties(suggestion, table, left, left_out, reserved=reserved)
    _ledger_key(suggestion, table, time)
    return suggestion


def event_name(stream: str) -> str:
    """Return a name for the event, by that of the stream: `Page Views` for `public-page_views`."""
    title = " ".join(word[:1].upper() + word[1:] for word in table_words(stream))
    name = accepted(title, of_profile=True) or "Event"
    return f"{name} Event" if is_reserved(name) or name.casefold() == "charged" else name


def _name_event(suggestion: Suggestion, table: Table, *, charged: bool) -> set[str]:
    field = named([each for each in table.columns if each.kind in {"text", "any"}], *EVENT_NAMES)
    is_named = table.noun in NAMED_EVENTS or table.noun not in KNOWN
    if field is not None and is_named and not charged:
        suggestion.rule["event_field"] = field.name
        text = "each name in it becomes an event; CleverTap takes 512 names and refuses its own"
        suggestion.remark("event_field", text)
        return {field.name}
    suggestion.rule["event"] = CHARGED if charged else event_name(table.stream)
    if charged:
        text = "CleverTap's event of a purchase; for rows that are not paid choose another name"
        suggestion.remark("event", text)
        status = named(table.columns, "status", "financialstatus", "orderstatus", "paymentstatus")
        if status is not None and status.kind in {"text", "any"}:
            text = f"rows of every {shown(status.name)} count; to choose, add to the stream map:"
            some = key_in_yaml(f"{value_of(status.name)} == 'paid'")
            suggestion.remark("event", text)
            suggestion.remark("event", f"  __filter__: {some}")
    return set()


def _time(suggestion: Suggestion, table: Table, columns: Sequence[Column]) -> Column | None:
    found = time_columns(columns, table.noun)
    if not found:
        text = "no column has the time of the event: CleverTap takes the time of arrival"
        suggestion.remark("identity", text)
        return None
    time, others = found[0], [column.name for column in found[1:]]
    suggestion.rule["time"] = time.name
    if others:
        suggestion.remark("time", f"when it happened; it could also be {listed(others, ' or ')}")
    if time.is_text:
        value = value_of(time.name)
        recipe = f"datetime.datetime.strptime({value}, '%d/%m/%Y %H:%M').isoformat()"
        text = "text: ISO 8601 and seconds since 1970 are read; for 31/12/2026 23:59 a stream map:"
        suggestion.remark("time", text)
        suggestion.remark("time", f"  {key_in_yaml(time.name)}: {key_in_yaml(recipe)}")
    if time.kind == "number":
        suggestion.remark("time", "seconds since 1970; milliseconds are refused")
    return time


def _charge(
    suggestion: Suggestion, table: Table, columns: Sequence[Column], users: Sequence[str]
) -> set[str]:
    """Add the properties of Charged, and return their columns."""
    found = {
        "Amount": amount_of(columns),
        "Currency": currency_of(columns),
        "Charged ID": charge_id_of(columns, table.noun, table.keys, users),
        "Items": items_of(columns),
    }
    properties = suggestion.rule["properties"]
    properties.update({name: column.name for name, column in found.items() if column is not None})
    amount = found["Amount"]
    if amount is not None and amount.is_text:
        _read_number(suggestion, amount)
    elif amount is not None and may_count_cents(amount, table.columns):
        suggestion.remark("properties", f"{shown(amount.name)} may count cents; a stream map then:")
        recipe = key_in_yaml(f"{value_of(amount.name)} / 100")
        suggestion.remark("properties", f"  {key_in_yaml(amount.name)}: {recipe}")
    return {column.name for column in found.values() if column is not None}


def _read_number(suggestion: Suggestion, amount: Column) -> None:
    key, value = map_key(amount.name, "Amount"), value_of(amount.name)
    suggestion.maps[key] = f"float({value}) if {value} else None"
    suggestion.rule["properties"]["Amount"] = key
    suggestion.remark(
        "stream_maps", f"{shown(key)}: a number out of text; where it is like 1,299.00:"
    )
    other = key_in_yaml(f"float({value}.replace(',', '')) if {value} else None")
    suggestion.remark("stream_maps", f"  {key_in_yaml(key)}: {other}")


def _ledger_key(suggestion: Suggestion, table: Table, time: Column | None) -> None:
    names = {column.name for column in table.columns}
    keys = [key for key in table.keys if key in names]
    if len(keys) < max(len(table.keys), 1) or any(LOADERS.match(key) for key in table.keys):
        _choose_ledger_key(suggestion, table, time)
    if not table.has_ledger and not table.bookmarks:
        text = (
            "without a ledger and a bookmark all would be sent again on every run: set ledger_path"
        )
        suggestion.remark("", f"{text}, or allow it by repeat: allow")


def _choose_ledger_key(suggestion: Suggestion, table: Table, time: Column | None) -> None:
    able = [column for column in table.columns if column.kind in {"text", "number", "any"}]
    own = named(able, "id", "eventid", "messageid", f"{table.noun}id", "uuid", "guid", "insertid")
    own = own or charge_id_of(
        able, table.noun, table.keys, [column.name for column in table.users()]
    )
    identity = str(suggestion.rule["identity"])
    if own is not None and own.name != identity:
        suggestion.rule["ledger_key"] = [own.name]
        text = "identifies rows, as the stream has no key of its own"
    elif time is not None:
        suggestion.rule["ledger_key"] = [identity, time.name]
        text = "the stream has no key: equal rows of one user and time count as one"
    else:
        suggestion.rule["ledger_key"] = [identity]
        text = (
            "nothing here can be a key: equal rows of one user count as one; name better columns,"
        )
        suggestion.remark("ledger_key", text)
        text = "or do without the ledger: ledger_path: ''"
    suggestion.remark("ledger_key", text)
