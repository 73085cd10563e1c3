"""A rule for a table whose rows are users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.suggest.columns import named
from target_clevertap.rules.suggest.properties import LeftOut, name_properties
from target_clevertap.rules.suggest.suggestion import Suggestion, listed, map_key, value_of
from target_clevertap.rules.suggest.user_columns import MAIL, PHONES
from target_clevertap.rules.suggest.yaml_text import key_in_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.rules.suggest.columns import Column
    from target_clevertap.rules.suggest.suggestion import Table

BIRTHDAYS = ("dob", "dateofbirth", "birthdate", "birthday", "born", "bday", "birth", "birthdayon")
FULL_NAMES = ("name", "fullname", "displayname", "customername", "username", "contactname")
FIRST_NAMES = ("firstname", "givenname", "fname", "forename", "customerfirstname")
LAST_NAMES = ("lastname", "surname", "familyname", "lname", "customerlastname")
PERSONAL = (*FIRST_NAMES, *LAST_NAMES, *BIRTHDAYS, "gender", "sex", "fullname", "jobtitle", "city")
CHOICES = {"married": "Marital Status", "employed": "Employment", "education": "Education Level"}
"""Standard properties that accept only certain words, and names without that limit."""

JOINED = " + ' ' + "


def suggest_profile(table: Table, users: Sequence[Column]) -> Suggestion:
    """Return a rule that turns rows into profiles.

    Args:
        table: The stream.
        users: The columns that may hold the user key, the likeliest first.
    """
    identity = users[0]
    suggestion = Suggestion({"type": "profile", "identity": identity.name})
    remark_identity(suggestion, users)
    left_out = LeftOut()
    used = {identity.name}
    used |= _standard(suggestion, table)
    left = [column for column in table.columns if column.name not in used]
    reserved = ("Name", "Email", "Phone", "Gender", "DOB", *CHOICES)
    name_properties(suggestion, table, left, left_out, reserved=_unused(suggestion, left, reserved))
    return suggestion


def _unused(suggestion: Suggestion, left: Sequence[Column], reserved: Sequence[str]) -> list[str]:
    taken = suggestion.rule.get("properties", {})
    plain = {column.name for column in left if column.kind in {"text", "number", "any"}}
    kept = plain & {"Name", "Email", "name", "email"}
    return [name for name in reserved if name not in taken and name not in kept]


def remark_identity(suggestion: Suggestion, users: Sequence[Column]) -> None:
    """Add remarks on the identity: what it has to be, and which other columns it could be."""
    others = [column.name for column in users[1:]]
    could = f"; it could also be {listed(others, ' or ')}" if others else ""
    suggestion.remark("identity", f"has to be the identity that the app's SDK uses{could}")


def _standard(suggestion: Suggestion, table: Table) -> set[str]:
    """Add CleverTap's standard properties, and return their columns."""
    columns = table.columns
    properties = suggestion.rule["properties"] = {}
    used = _name(suggestion, columns)
    for name, words in (("Email", MAIL), ("Phone", PHONES)):
        if (column := _contact(columns, words, used)) is not None:
            properties[name] = column.name
            used.add(column.name)
    if "Phone" in properties:
        text = "needs + and the country's code, or CleverTap refuses the profile (516)"
        suggestion.remark("properties", f"Phone {text}; take the line out where it has neither")
    used |= _gender(suggestion, columns)
    used |= _birthday(suggestion, columns)
    for word, other in CHOICES.items():
        if (column := named(columns, word)) is not None and column.name not in used:
            properties[other] = column.name
            used.add(column.name)
    return used


def _name(suggestion: Suggestion, columns: Sequence[Column]) -> set[str]:
    texts = [column for column in columns if column.kind in {"text", "any"}]
    properties = suggestion.rule["properties"]
    first, last = named(texts, *FIRST_NAMES), named(texts, *LAST_NAMES)
    full = named(texts, *FULL_NAMES[:3]) or (None if first else named(texts, *FULL_NAMES[3:]))
    if full is not None:
        properties["Name"] = full.name
        return {full.name}
    parts = [f"({value_of(each.name)} or '')" for each in (first, last) if each is not None]
    if parts:
        suggestion.maps["Name"] = f"({JOINED.join(parts)}).strip() or None"
        properties["Name"] = "Name"
    return set()


def _contact(columns: Sequence[Column], words: frozenset[str], used: set[str]) -> Column | None:
    able = [
        column
        for column in columns
        if column.kind in {"text", "number", "any"} and column.name not in used
    ]
    fitting = [
        column
        for column in able
        if column.joined in words
        or (column.words and "".join(column.words[-2:]) in words)
        or column.last in words
    ]
    return min(fitting, key=lambda column: len(column.words), default=None)


def _gender(suggestion: Suggestion, columns: Sequence[Column]) -> set[str]:
    column = named(columns, "gender", "sex")
    properties = suggestion.rule["properties"]
    if column is None:
        return set()
    if not column.is_text:
        properties["Gender Code"] = column.name
        return {column.name}
    key = map_key(column.name, "Gender")
    letter = f"str({value_of(column.name)} or '')[:1].upper()"
    suggestion.maps[key] = f"({letter} if {letter} in 'MF' else '') or None"
    suggestion.remark(
        "stream_maps", f"{shown(key)}: CleverTap takes M and F and refuses others (514)"
    )
    properties["Gender"] = key
    return {column.name}


def _birthday(suggestion: Suggestion, columns: Sequence[Column]) -> set[str]:
    column = named(columns, *BIRTHDAYS)
    if column is None or column.kind not in {"moment", "day", "text", "any"}:
        return set()
    key = column.name
    if column.is_text:
        key = map_key(column.name, "DOB")
        value = value_of(column.name)
        suggestion.maps[key] = f"datetime.datetime.fromisoformat({value}) if {value} else None"
        other = f"datetime.datetime.strptime({value}, '%d/%m/%Y') if {value} else None"
        suggestion.remark(
            "stream_maps", f"{shown(key)} reads 2026-12-31; where it is like 31/12/2026:"
        )
        suggestion.remark("stream_maps", f"  {key_in_yaml(key)}: {key_in_yaml(other)}")
    suggestion.rule["properties"]["DOB"] = key
    return {column.name}


def is_personal(columns: Sequence[Column]) -> bool:
    """Whether columns describe a person: at least two of names, birthday, gender and the like."""
    return len({column.joined for column in columns}.intersection(PERSONAL)) > 1
