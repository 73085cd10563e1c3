"""The values in XML elements: text as it is, and objects and lists of it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.values import as_list

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from tap_clevertap.records.rows import Record

ENTRY, KEY, VALUE = "entry", "key", "value"


def members_of(element: Element) -> Record:
    """Return the values in an element by their names; an empty element has no value.

    - `<entry><key>a</key><value>b</value></entry>` is the value b of a [U: export-format]; an empty
      `value` is an empty text. Of two with one key, the last wins, as in JSON.
    - An element that comes twice is a list.

    Raises:
        BadRowError: If there is text between elements, or an entry has more than key and value.
    """
    _refuse_text_between(element)
    found: Record = {}
    entries: Record = {}
    for child in element:
        if child.tag == ENTRY and child.find(KEY) is not None:
            name, value = _entry(child)
            entries[name] = value
        elif (value := _value(child)) is not None:
            _add(found, child.tag, value)
    for name in found.keys() & entries.keys():
        message = f"has an element and an {shown(ENTRY)} for {shown(name)}"
        raise BadRowError(message)
    return found | {name: value for name, value in entries.items() if value is not None}


def _add(found: Record, name: str, value: Any) -> None:  # noqa: ANN401 - text or an object
    if name not in found:
        found[name] = value
    elif isinstance(known := found[name], list):
        known.append(value)
    else:
        found[name] = [known, value]


def items_of(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return the list in elements that have only elements of one name, such as `item`."""
    if isinstance(value, list):
        return [*chain.from_iterable(as_list(items_of(each)) or [] for each in value)]
    if isinstance(value, dict) and len(value) == 1:
        return as_list(items_of(*value.values()))
    return value


def _value(element: Element) -> Any:  # noqa: ANN401 - text, an object, or None
    return members_of(element) if len(element) else element.text or None


def _entry(entry: Element) -> tuple[str, Any]:
    _refuse_text_between(entry)
    parts = {part.tag: part for part in entry}
    if len(parts) != len(entry) or not parts.keys() <= {KEY, VALUE}:
        message = f"has an {shown(ENTRY)} with more than a key and a value"
        raise BadRowError(message)
    if len(parts[KEY]):
        message = f"has a {shown(KEY)} that is not text"
        raise BadRowError(message)
    value = _value(parts[VALUE]) or "" if VALUE in parts else None
    return parts[KEY].text or "", value


def _refuse_text_between(element: Element) -> None:
    if not len(element):
        return
    for text in (element.text, *[child.tail for child in element]):
        if text and not text.isspace():
            message = f"has text between the elements of {shown(element.tag)}"
            raise BadRowError(message)
