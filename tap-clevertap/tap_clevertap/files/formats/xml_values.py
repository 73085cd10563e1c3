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
    found: dict[str, list[Any]] = {}
    for child in element:
        if child.tag == ENTRY and child.find(KEY) is not None:
            name, value = _entry(child)
            found[name] = [value]
        else:
            found.setdefault(child.tag, []).append(_value(child))
    values = {name: [each for each in all_of if each is not None] for name, all_of in found.items()}
    return {name: some[0] if len(some) == 1 else some for name, some in values.items() if some}


def items_of(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return the list in elements that have only elements of one name, such as `item`."""
    if isinstance(value, list):
        return [*chain.from_iterable(as_list(items_of(each)) or [] for each in value)]
    if isinstance(value, dict) and len(value) == 1:
        return as_list(items_of(*value.values()))
    return value


def _value(element: Element) -> Any:  # noqa: ANN401 - text, an object, or None
    return members_of(element) if len(element) else element.text or None


def _entry(element: Element) -> tuple[str, Any]:
    _refuse_text_between(element)
    others = [child.tag for child in element]
    if others.count(KEY) != 1 or set(others) - {KEY, VALUE} or others.count(VALUE) > 1:
        message = f"has an {shown(ENTRY)} with more than a key and a value"
        raise BadRowError(message)
    key, value = element.find(KEY), element.find(VALUE)
    if key is None or len(key):
        message = f"has a {shown(KEY)} that is not text"
        raise BadRowError(message)
    return key.text or "", None if value is None else _value(value) or ""


def _refuse_text_between(element: Element) -> None:
    texts = [element.text, *(child.tail for child in element)]
    if len(element) and any(text and not text.isspace() for text in texts):
        message = f"has text between the elements of {shown(element.tag)}"
        raise BadRowError(message)
