"""The `Event` and `Profile` elements of an XML file, one by one, under any root."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.errors import UnreadFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BYTES_AT_A_TIME = 64 * 1024
MOST_BYTES = 8 * 1024 * 1024
"""Of one item, or one tag: an element that does not end would fill the memory."""
MOST_ELEMENTS = 100_000
"""Of one item."""
MOST_DEPTH = 100
ENCODINGS = ("utf-8", "utf8", "us-ascii", "ascii")
KINDS = EVENT_ITEM, PROFILE_ITEM = "event", "profile"
"""The names of items, in small letters."""
BETWEEN = " "
"""Between a namespace and a name; neither has one."""
HARMLESS = tuple(
    f"{each}{BETWEEN}"
    for each in (
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
    )
)
"""Before the names of attributes that say how a value is written."""
CUT = frozenset(
    expat.errors.codes[each]
    for each in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)


ROOT = "rows"
"""Of the items of a file that has none."""
_no_element = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL).match
_is_item = re.compile(r"<(?:[\w.-]+:)?(?:event|profile)[\s/>]", re.IGNORECASE).match


class Item(NamedTuple):
    """An element that is a row."""

    line: int
    """Where it begins, from 1."""
    kind: str
    """One of `KINDS`."""
    element: Element
    """With local names."""
    fault: str | None
    """Why it cannot be read, if that is known: the rest of "line 7: a row "."""


def items(content: BinaryIO) -> Iterator[Item]:
    """Yield the items of a file.

    Raises:
        UnreadFileError: If it is cut, or is not XML as `ItemParser` reads it.
    """
    parser = ItemParser()
    while some := content.read(BYTES_AT_A_TIME):
        yield from parser.feed(some)
    yield from parser.feed(b"", is_last=True)


class _OpenItem:
    """An item whose end did not come yet; it takes what the parser finds in it."""

    def __init__(self, kind: str, line: int, begun_at: int, end: Callable[[Item], None]) -> None:
        self._kind = kind
        self._line = line
        self.begun_at = begun_at
        self._ended = end
        self._depth = self._elements = 0
        self._fault: str | None = None
        builder = TreeBuilder()
        self._start, self._end, self.text = builder.start, builder.end, builder.data

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._elements > MOST_ELEMENTS or self._depth > MOST_DEPTH:
            raise self.endless()
        if attributes:
            self._fault = self._fault or _fault_of(_local(name), attributes)
            attributes = {_local(each): value for each, value in attributes.items()}
        self._start(_local(name), attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        element = self._end(_local(name))
        if not self._depth:
            self._ended(Item(self._line, self._kind, element, self._fault))

    def endless(self) -> UnreadFileError:
        return _endless(self._line)


class ItemParser:
    """Gives items as they end; text is UTF-8, of which broken bytes become U+FFFD.

    A document type is refused: it may define entities, which CleverTap's files do not have.
    """

    def __init__(self) -> None:
        self.root: str | None = None
        """The local name of the outermost element, once it began."""
        self.first_kind: str | None = None
        """Of the first item, once it began."""
        self._decode = getincrementaldecoder("utf-8-sig")(errors="replace").decode
        self._parser = parser = expat.ParserCreate(namespace_separator=BETWEEN)
        parser.buffer_text = True
        parser.XmlDeclHandler = self._check_encoding
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._handle(self._start, None, self._text)
        self._fed = 0
        self._end_of_root = ""
        self._item: _OpenItem | None = None
        self._ended: list[Item] = []

    def feed(self, content: bytes, *, is_last: bool = False) -> list[Item]:
        """Parse some more, and return the items that ended.

        Raises:
            UnreadFileError: If the file is no such XML.
        """
        text = self._decode(content, final=is_last)
        start = 0 if self._fed else _start_of_elements(text)
        if not self._fed and _is_item(text, start):
            self._end_of_root = f"</{ROOT}>"
            text = f"{text[:start]}<{ROOT}>{text[start:]}"
        if is_last:
            text += self._end_of_root
        try:
            self._parser.Parse(text, is_last)
        except expat.ExpatError as fault:
            raise self._refusal(fault, is_last=is_last) from None
        self._fed += len(text.encode())
        self._check_size()
        ended, self._ended = self._ended, []
        return ended

    def _check_size(self) -> None:
        item, parser = self._item, self._parser
        begun_at = item.begun_at if item else parser.CurrentByteIndex
        if self._fed - begun_at > MOST_BYTES:
            raise item.endless() if item else _endless(parser.CurrentLineNumber)

    def _refusal(self, fault: expat.ExpatError, *, is_last: bool) -> UnreadFileError:
        line = f"line {fault.lineno}"
        if is_last and (fault.code in CUT or self._end_of_root):
            return UnreadFileError(f"is cut in {line}; export it again, or copy it again")
        what = expat.ErrorString(fault.code)
        return UnreadFileError(f"is not XML in {line} ({what}); export it again")

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() not in ENCODINGS:
            message = f"is encoded in {shown(encoding)}; export it in UTF-8"
            raise UnreadFileError(message)

    def _refuse_doctype(self, *_: object) -> None:
        message = (
            f"has a DOCTYPE in line {self._parser.CurrentLineNumber}, whose entities are not read; "
            "export it again, or remove it"
        )
        raise UnreadFileError(message)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local, parser = _local(name), self._parser
        self.root = self.root or local
        if (kind := local.lower()) in KINDS:
            self.first_kind = self.first_kind or kind
            line, begun_at = parser.CurrentLineNumber, parser.CurrentByteIndex
            self._item = item = _OpenItem(kind, line, begun_at, self._end)
            self._handle(item.start, item.end, item.text)
            item.start(name, attributes)

    def _end(self, item: Item) -> None:
        self._ended.append(item)
        self._item = None
        self._handle(self._start, None, self._text)

    def _handle(
        self,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None,
        text: Callable[[str], None],
    ) -> None:
        parser = self._parser
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text

    def _text(self, text: str) -> None:
        if text.strip():
            line = self._parser.CurrentLineNumber
            message = f"has text outside of its rows in line {line}; export it again"
            raise UnreadFileError(message)


def _endless(line: int) -> UnreadFileError:
    message = (
        f"has a row from line {line} on of more than {MOST_BYTES >> 20} MB, {MOST_ELEMENTS} "
        f"elements or {MOST_DEPTH} levels; look for an element there that does not end"
    )
    return UnreadFileError(message)


def _start_of_elements(text: str) -> int:
    """Return where the first element of a file begins, behind declaration and comments."""
    start = 0
    while found := _no_element(text, start):  # one by one: all in one pattern would try all splits
        start = found.end()
    return start


@lru_cache(4096)
def _local(name: str) -> str:
    return name.rpartition(BETWEEN)[2]


def _fault_of(element: str, attributes: dict[str, str]) -> str | None:
    for name in attributes:
        if not name.startswith(HARMLESS):
            return f"has an attribute {shown(_local(name))} in {shown(element)}"
    return None
