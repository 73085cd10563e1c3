"""XML files: items under any root, all values as text, no entities, cut files told apart."""

import tracemalloc
from collections import deque
from io import BytesIO
from itertools import repeat
from unittest.mock import ANY
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats import xml_items
from tap_clevertap.files.formats.xml_items import items
from tests.support.files.reading import KeptRows, events_in, kind_in, profiles_in

TS = "20220212004131"
OTHER_PROPS = "<event_props><a>2</a></event_props>"
MINIMAL = f"<ts>{TS}</ts><eventName>Charged</eventName>"


def one(inner, **more):
    (event,) = events_in("xml", f"<Events><Event>{inner}</Event></Events>".encode(), **more)
    return event


def props(entries):
    return one(f"{MINIMAL}<eventProps>{entries}</eventProps>").props


def refusal(content):
    with pytest.raises(UnreadFileError) as refused:
        events_in("xml", content.encode(), bad_rows=KeptRows())
    return refused.value.message


def test_the_documented_elements_become_the_fields_of_an_event():
    event = one(
        f"""
        <ts>{TS}</ts><eventName>Charged</eventName>
        <profile>
          <identity>007</identity><objectId>__o1</objectId>
          <all_identities>[007, a@b.c]</all_identities>
          <platform>Android</platform><phone>+49</phone><push_token>fcm:x</push_token>
        </profile>
        <deviceInfo><make>X</make><dimensions><width>67</width><unit>mm</unit></dimensions></deviceInfo>
        <controlGroupName>CG</controlGroupName>
        <eventProps>
          <entry><key>CT Source</key><value>API</value></entry>
          <entry><key>a.b</key><value>1.10</value></entry>
        </eventProps>
        <sessionProps><entry><key>utm_source</key><value>x</value></entry></sessionProps>
        """
    )

    assert event == (1, "Charged", TS.encode(), "__o1", ANY, ANY, ANY)
    assert event.user == {
        "object_id": "__o1",
        "identity": "007",
        "all_identities": ["007", "a@b.c"],
        "phone": "+49",
        "platform": "Android",
        "app": {
            "push_token": "fcm:x",
            "make": "X",
            "dimensions": {"width": "67", "unit": "mm"},
            "controlGroupName": "CG",
        },
    }
    assert event.props == {"CT Source": "API", "a.b": "1.10"}
    assert event.session == {"utm_source": "x"}


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "<root>{}</root>",
        "<a><b>{}</b></a>",
        '<?xml version="1.0" encoding="utf-8"?><!-- c -->\n<E x="1">{}</E>\n<!-- d -->\n',
        '\ufeff<e:Events xmlns:e="urn:x">{}</e:Events>',
    ],
)
def test_items_may_be_under_any_root(around):
    content = around.format(f"<Event>{MINIMAL}</Event>").encode()

    assert kind_in("xml", content) == "events"
    assert [each.name for each in events_in("xml", content)] == ["Charged"]


@pytest.mark.parametrize(
    "before", ["", '<?xml version="1.0"?>\n', "\ufeff<!-- <Events> -->\n<?x y?>", "\n"]
)
def test_items_need_no_root(before):
    item = f"<Event>{MINIMAL}</Event>\n"
    prefixed = "<a:Event xmlns:a='urn:a'><a:ts>1</a:ts></a:Event>"
    bad_rows = KeptRows()

    content = f"{before}{item}<!-- c -->{item}{prefixed}".encode()

    assert kind_in("xml", content) == "events"
    assert len(events_in("xml", content, bad_rows=bad_rows)) == 2
    assert len(bad_rows.rows) == 1


def test_namespaces_do_not_count():
    content = f"<Event>{MINIMAL}<eventProps><x>1</x></eventProps></Event>"
    prefixed = content.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:")

    for text in (
        f'<r xmlns="urn:a">{content}</r>',
        f'<n:r xmlns:n="urn:a">{prefixed}</n:r>',
    ):
        assert [each.props for each in events_in("xml", text.encode())] == [{"x": "1"}]


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("007", "007"),
        (" \n x\t", " \n x\t"),
        ("<![CDATA[<b> &amp; ]]>]]&gt;<![CDATA[!]]>", "<b> &amp; ]]>!"),
        ("a<!-- b -->c<?d e?>f", "acf"),
        ("&lt;&#13;&#x1D11E;", "<\r\U0001d11e"),
        ("é€𝄞", "é€𝄞"),
        ("<a>1</a><b> 2 </b>", {"a": "1", "b": " 2 "}),
        ("<a>1</a><a><c/>\n<d>2</d></a>", {"a": ["1", {"d": "2"}]}),
        ("<entry><key>k</key><value>v</value></entry>", {"k": "v"}),
    ],
)
def test_a_value_is_the_text_that_it_was(inner, value):
    assert props(f"<entry><key>v</key><value>{inner}</value></entry>") == {"v": value}


def test_an_empty_element_is_absent():
    assert props("<x>1</x><y/><z></z><entry><key>v</key></entry>") == {"x": "1"}


@pytest.mark.parametrize("value", ["<value/>", "<value></value>", "<value><![CDATA[]]></value>"])
def test_an_empty_value_of_an_entry_is_an_empty_text(value):
    assert props(f"<entry><key>v</key>{value}</entry>") == {"v": ""}


def test_names_of_properties_are_exact():
    names = ["a.b", "Amount", "amount", "", " x ", "entry", "ts"]
    entries = "".join(
        f"<entry><key>{n}</key><value>{i}</value></entry>" for i, n in enumerate(names)
    )

    assert props(entries) == {name: str(place) for place, name in enumerate(names)}


def test_properties_may_be_elements_too():
    assert props(
        "<Amount>5</Amount><entry><key>a</key><value>b</value></entry><entry>7</entry>"
    ) == {
        "Amount": "5",
        "a": "b",
        "entry": "7",
    }


def test_equal_elements_are_entries_of_their_own():
    sizes = "".join(f"<Size>{size}</Size>" for size in "SSMS")

    assert props(f"{sizes}<Color>red</Color><Color>red</Color>") == {
        "Size": ["S", "S", "M", "S"],
        "Color": ["red", "red"],
    }


def test_the_last_of_two_entries_with_one_key_wins_as_in_json():
    entry = "<entry><key>a</key><value>{}</value></entry>"

    assert props(entry.format("1") + entry.format("2")) == {"a": "2"}


@pytest.mark.parametrize("empty", ["", "<eventProps/>", "<eventProps>\n</eventProps>"])
def test_blocks_may_be_empty(empty):
    event = one(f"{MINIMAL}{empty}<profile> </profile><sessionProps/>")

    assert (event.props, event.user, event.session) == (None, {}, None)


def test_an_element_that_nothing_names_is_next_to_what_is_of_the_device():
    event = one(f"{MINIMAL}<Extra>5</Extra><profile><tier>gold</tier></profile>")

    assert event.user == {"app": {"tier": "gold", "Extra": "5"}}
    assert event.props is None


def test_what_is_next_to_the_blocks_hides_nothing():
    blocks = "<profile><name>Ada</name></profile><deviceInfo><x>1</x><id>2</id></deviceInfo>"

    event = one(
        f"{MINIMAL}{blocks}<name>Lovelace</name><x>3</x><controlGroupName>4</controlGroupName>"
    )

    assert event.user == {
        "name": "Ada",
        "app": {
            "x": "1",
            "controlGroupName": "4",
            "deviceInfo": {"id": "2"},
            "others": {"name": "Lovelace", "x": "3"},
        },
    }


def test_renamed_elements_are_found_by_the_mapping():
    columns = {
        "Zeit": "ts",
        "Was": "eventName",
        "User": "profile.identity",
        "profile.o": "profile.objectId",
        "Mail": "profile.email",
        "Geraet": "deviceInfo",
        "Geraet.Marke": "deviceInfo.make",
        "Betrag": "eventProps.Amount",
    }
    inner = f"""<Zeit>{TS}</Zeit><Was>Charged</Was><User>u1</User>
    <profile><o>x</o><Mail>a@b.c</Mail><Betrag>1</Betrag></profile>
    <Geraet><Marke>X</Marke><dpi>480</dpi></Geraet>
    <eventProps><entry><key>Betrag</key><value>5</value></entry><User>u2</User></eventProps>"""

    event = one(inner, columns=columns)

    assert (event.name, event.object_id) == ("Charged", "x")
    assert event.user == {
        "object_id": "x",
        "identity": "u1",
        "email": "a@b.c",
        "app": {"Betrag": "1", "make": "X", "dpi": "480"},
    }
    assert event.props == {"Amount": "5", "User": "u2"}


@pytest.mark.parametrize(
    "inner",
    [
        "[a, b]",
        "<item>a</item><item>b</item>",
        "a</all_identities><all_identities>b",
        "<item>a</item></all_identities><all_identities><item>b</item>",
        "<list><item>a</item><item>b</item></list>",
    ],
)
def test_all_identities_are_a_list(inner):
    event = one(f"{MINIMAL}<profile><all_identities>{inner}</all_identities></profile>")

    assert event.user == {"all_identities": ["a", "b"]}


def test_attributes_that_tell_how_a_value_is_written_do_not_count():
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:int" xml:space="x"'

    assert props(f"<entry><key>a</key><value {xsi}>5</value></entry>") == {"a": "5"}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (f"<Event><ts>{TS}</ts></Event>", "has no `eventName`"),
        (f"<Event>{MINIMAL}<eventName>x</eventName></Event>", "has more than one `eventName`"),
        ("<Event><ts>1</ts><eventName>x</eventName></Event>", "has a `ts` that is not a time"),
        (f"<Event>{MINIMAL}<ts>{TS}</ts></Event>", "has a `ts` that is not a time"),
        (f'<Event>{MINIMAL}<x y="1">z</x></Event>', "has an attribute `y` in `x`"),
        (f'<Event id="1">{MINIMAL}</Event>', "has an attribute `id` in `Event`"),
        (f"<Event>{MINIMAL} x</Event>", "has text between the elements of `Event`"),
        (f"<Event>{MINIMAL}<profile>x</profile></Event>", "has `profile` twice, or as text"),
        (
            f"<Event>{MINIMAL}<eventProps><a>1</a></eventProps>{OTHER_PROPS}</Event>",
            "has more than one value for `eventProps.a`",
        ),
        (
            f"<Event>{MINIMAL}<x><entry><key>a</key><value/><value/></entry></x></Event>",
            "has an `entry` with more than a key and a value",
        ),
        (
            f"<Event>{MINIMAL}<eventProps><a>2</a></eventProps>{OTHER_PROPS}</Event>",
            "has more than one value for `eventProps.a`",
        ),
        (
            f"<Event>{MINIMAL}<profile><name>x</name><name>y</name></profile></Event>",
            "has `profile.name` twice, or with elements",
        ),
        (
            f"<Event>{MINIMAL}<profile><name>x</name><name>x</name></profile></Event>",
            "has `profile.name` twice, or with elements",
        ),
        ("<Profile><identity>u</identity></Profile>", "is of profiles, in a file of events"),
    ],
)
def test_a_bad_row_is_kept_with_its_line_and_those_after_it_are_read(item, reason):
    bad_rows = KeptRows()
    good = f"<Event>{MINIMAL}</Event>"

    events = events_in("xml", f"<r>\n{good}\n\n{item}\n{good}</r>".encode(), bad_rows=bad_rows)

    assert [each.number for each in events] == [2, 5]
    ((number, sent, why),) = bad_rows.rows
    assert number == 4
    assert why.startswith(reason)
    assert sent == item.replace("<value/>", "<value />")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"<r>\n<Event>{MINIMAL}</Event>\n<Event><ts>", "is cut in line 3; export it again"),
        (f"<r>\n<Event>{MINIMAL}</Event>\n<Eve", "is cut in line 3; export it again"),
        (f"<r>\n<Event>{MINIMAL}</Event>\n", "is cut in line 3; export it again"),
        ("<r><Event><ts>1</tz>", "is not XML in line 1 (mismatched tag)"),
        ("<r><Event>\n<ts>&nbsp;</ts>", "is not XML in line 2 (undefined entity)"),
        ("<r><Event>\n<a:ts/>", "is not XML in line 2 (unbound prefix)"),
        ("<r><Event><ts>\0", "is not XML in line 1 (not well-formed (invalid token))"),
        ("<r/>\n<r/>", "is not XML in line 2 (junk after document element)"),
        (f"<Event>{MINIMAL}</Event>\n<Event><ts>", "is cut in line 2; export it again"),
        (f"<Event>{MINIMAL}</Event>\n<Event", "is cut in line 2; export it again"),
        (f"<Event>{MINIMAL}</Event>\n<?xml version='1.0'?><Event/>", "is not XML in line 2 ("),
        (f"<Event>{MINIMAL}</Event>\n</rows>", "is cut in line 2;"),
        ('<r/>\n<?xml version="1.0"?><r/>', "is not XML in line 2 ("),
        ('<?xml version="1.0"?>\n<!DOCTYPE r><r/>', "has a DOCTYPE in line 2, whose"),
        ("<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>", "has a DOCTYPE in line 1, whose"),
        ("<!DOCTYPE r SYSTEM 'file:///etc/hostname'><r/>", "has a DOCTYPE in line 1, whose"),
        ('<?xml version="1.0" encoding="latin1"?><r/>', "is encoded in `latin1`"),
        ("<r>\nx<Event/></r>", "has text outside of its rows in line 2; export"),
        ("<r>\n<Row><ts>1</ts></Row></r>", "has text outside of its rows in line 2; export"),
        (
            "<r>\n<Event>" + "<a>" * 101,
            "has a row from line 2 on of more than 8 MB, 100000 elements",
        ),
        ("<r>\n<Event>" + "<a/>" * 100_001, "has a row from line 2 on of more than 8 MB"),
        ("<r>\n<Event>" + "<a>x</a>" * 10, "is cut in line 2; export it again"),
    ],
)
def test_what_is_not_such_xml_is_refused_with_its_line(content, message):
    assert refusal(content).startswith(message)


def test_bytes_that_are_not_utf8_become_replacement_characters():
    content = f"<Event>{MINIMAL}<x>".encode() + b"a\xff\xed\xa0\xbdb</x></Event>"

    (event,) = events_in("xml", content)

    assert event.user["app"] == {"x": b"a\xff\xed\xa0\xbdb".decode(errors="replace")}


class Endless(BytesIO):
    """A row that does not end, given piece by piece."""

    def __init__(self, start, piece):
        super().__init__(start)
        self.pieces = repeat(piece, 10_000)
        self.given = 0

    def read(self, size=-1, /):
        some = super().read(size) or next(self.pieces, b"")
        self.given += len(some)
        return some


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"<r><Event><x>", b"a" * 60_000),
        (b"<r><Event><x y='", b"a" * 60_000),
        (b"<r><Event>", b"<a>b</a>" * 8_000),
    ],
    ids=["text", "attribute", "elements"],
)
def test_a_row_that_does_not_end_is_not_kept_in_memory(monkeypatch, start, piece):
    monkeypatch.setattr(xml_items, "MOST_BYTES", 1 << 20)
    content = Endless(start, piece)

    with pytest.raises(UnreadFileError, match="has a row from line 1 on of more than 1 MB"):
        list(items(content))

    assert content.given < 2_000_000


def test_rows_that_were_given_are_forgotten():
    row = f"<Event>{MINIMAL}<eventProps><x>{'y' * 1000}</x></eventProps></Event>".encode()
    content = Endless(b"<r>", row * 50)
    content.pieces = repeat(row * 50, 100)
    tracemalloc.start()

    try:
        with pytest.raises(UnreadFileError, match="is cut in line 1;"):
            deque(items(content), maxlen=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert content.given > 5_000_000
    assert peak < 1_500_000


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<Events/>", "events"),
        ("<x><Event/></x>", "events"),
        ("<Profiles></Profiles>", "profiles"),
        ("<x><y/><Profile/>", "profiles"),
        ("<profiles><profile>", "profiles"),
    ],
)
def test_the_first_item_or_the_root_tells_events_from_profiles(content, kind):
    assert kind_in("xml", content.encode()) == kind


def test_other_elements_are_refused():
    with pytest.raises(UnreadFileError, match="has neither `Event` nor `Profile` elements"):
        kind_in("xml", b"<rss><item/></rss>")


def test_profiles_have_the_values_of_their_elements():
    content = """<Profiles>
    <Profile><identity>007</identity><clevertapIds><id>a</id><id>b</id></clevertapIds><Email/>
    <entry><key>Plan type</key><value>gold</value></entry><MSG-push>true</MSG-push></Profile>
    </Profiles>"""

    assert profiles_in("xml", content.encode()) == [
        (
            2,
            {
                "identity": "007",
                "clevertapIds": ["a", "b"],
                "Plan type": "gold",
                "MSG-push": "true",
            },
        )
    ]


CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"
)
TEXTS = st.text(CHARACTERS)


@given(rows=st.lists(st.dictionaries(TEXTS, TEXTS, max_size=5), max_size=5), indented=st.booleans())
def test_what_an_xml_writer_wrote_is_read_back(rows, indented):
    root = Element("Events")
    for row in rows:
        event = SubElement(root, "Event")
        SubElement(event, "ts").text = TS
        SubElement(event, "eventName").text = "x"
        block = SubElement(event, "eventProps")
        for name, value in row.items():
            entry = SubElement(block, "entry")
            SubElement(entry, "key").text = name
            SubElement(entry, "value").text = value
            entry.tail = "\n  " if indented else None

    events = events_in("xml", tostring(root, "utf-8"))

    assert [each.props or {} for each in events] == rows
