"""Export files in XML."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from verification.fuzz.export_files import leaves_of, read_file
from verification.fuzz.reader import Reader, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = (
    "<Event><ts>20260212004131</ts><eventName>Charged</eventName>"
    "<profile><identity>u1</identity><objectId>__o</objectId>"
    "<all_identities>[u1, 7]</all_identities></profile>"
    "<deviceInfo><make>X</make><dimensions><width>6</width></dimensions></deviceInfo>\n"
    "<eventProps><entry><key>a.b</key><value> 1.10\n</value></entry>"
    "<entry><key>k</key><value/></entry></eventProps><sessionProps/></Event>\n"
)
PROFILE = (
    "<Profile><identity>u1</identity><clevertapIds><id>a</id><id>b</id></clevertapIds>"
    "<MSG-push>true</MSG-push><profileProps><entry><key>Plan</key><value>gold</value></entry>"
    "</profileProps></Profile>\n"
)
RENAMED = (
    b"<r><Event><Zeit>20260212004131</Zeit><eventName><![CDATA[<a>]]>&amp;&#233;</eventName>"
    b"<User>u</User><profile><o>x</o></profile></Event></r>"
)
SEEDS = [
    f'<?xml version="1.0" encoding="UTF-8"?>\n<Events>\n{EVENT}{EVENT}</Events>\n'.encode(),
    f"{EVENT}<!-- c -->{EVENT}".encode(),
    f'<e:E xmlns:e="urn:x"><e:Event>{EVENT[7:]}'.replace("</Event>", "</e:Event></e:E>").encode(),
    f"<a><b>{PROFILE}{PROFILE}</b></a>".encode(),
    f"<r>{EVENT}<Event><ts>1</ts></Event><Event x='1'/>{PROFILE}</r>".encode(),
    RENAMED,
    b"<!DOCTYPE r [<!ENTITY a 'b'>]><r><Event>&a;</Event></r>",
]


def read(content: bytes) -> None:
    """Read a file.

    - Every text of an item is in its record.
    - Every item is in a record or is a bad row.

    Raises:
        Wrong: Where one of these does not hold.
    """
    found = read_file("xml", content)
    if found is None or found.refusal is not None:
        return
    root = _parsed(content)
    items = [] if root is None else [*_items(root)]
    if root is None:
        return
    ended = len(found.rows) + len(found.bad)
    expect(len(items) == ended, f"{len(items)} items came, {ended} ended")
    if not found.bad:
        for item, (_, row) in zip(items, found.rows, strict=True):
            leaves = set(leaves_of(row))
            lost = [text for text in _texts(item) if text not in leaves]
            expect(not lost, f"lost: {lost}")


def _parsed(content: bytes) -> ET.Element | None:
    text = content.decode("utf-8-sig", errors="replace")
    start = text.find("?>") + 2 if text.startswith("<?xml") else 0
    try:
        return ET.fromstring(f"<r>{text[start:]}</r>")  # noqa: S314 - what was refused
    except ET.ParseError:
        return None


def _items(element: ET.Element) -> Iterator[ET.Element]:
    for child in element:
        if _local(child) in ("event", "profile"):
            yield child
        else:
            yield from _items(child)


def _texts(element: ET.Element) -> Iterator[str]:
    keys = [each.text for each in element if _local(each) == "entry" for each in each]
    if len(keys) != len(set(keys)):
        return  # the last of equal keys wins
    if _local(element) == "entry" and len(element) == 1:
        return  # no value
    for child in element:
        yield from _texts(child)
    text = element.text or ""
    if not len(element) and not text.isspace() and f"{text[:1]}{text[-1:]}" != "[]":
        yield from filter(None, [text])


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2].lower()


READER = Reader("files_xml", "bytes", SEEDS, read)
