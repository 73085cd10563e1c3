"""CSV files: any header, all values as text, bad rows by line, cut files told apart."""

import csv
import io
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.files.errors import UnreadFileError
from tests.support.files.reading import KeptRows, events_in, kind_in, profiles_in

TS = "20220212004131"
DOCUMENTED = (
    "ts,eventName,profile.identity,profile.objectId,profile.all_identities,profile.platform,"
    "profile.phone,profile.name,profile.email,profile.push_token,deviceInfo.make,deviceInfo.model,"
    "deviceInfo.appVersion,deviceInfo.sdkVersion,deviceInfo.osVersion,deviceInfo.browser,"
    "deviceInfo.dpi,deviceInfo.dimensions.width,deviceInfo.dimensions.height,"
    "deviceInfo.dimensions.unit,controlGroupName,eventProps.CT Source,sessionProps.utm_source"
)
ROW = (
    f"{TS},Charged,007,__o1,\"['u1', 7]\",Android,+919000000001,Ada,a@b.c,fcm:x,X,M,1.10,30700,13,"
    "Chrome,480,67,132,mm,CG,API,x"
)


def one(content, **more):
    (event,) = events_in("csv", content.encode(), **more)
    return event


def refusal(content, **more):
    with pytest.raises(UnreadFileError) as refused:
        events_in("csv", content if isinstance(content, bytes) else content.encode(), **more)
    return refused.value.message


def written(rows, **form):
    file = io.StringIO(newline="")
    csv.writer(file, **form).writerows(rows)
    return file.getvalue()


def test_the_documented_columns_become_the_fields_of_an_event():
    event = one(f"{DOCUMENTED}\n{ROW}\n")

    assert event == (2, "Charged", TS.encode(), "__o1", ANY, ANY, ANY)
    assert event.user == {
        "object_id": "__o1",
        "identity": "007",
        "all_identities": ["'u1'", "7"],
        "name": "Ada",
        "email": "a@b.c",
        "phone": "+919000000001",
        "platform": "Android",
        "app": {
            "push_token": "fcm:x",
            "make": "X",
            "model": "M",
            "appVersion": "1.10",
            "sdkVersion": "30700",
            "osVersion": "13",
            "browser": "Chrome",
            "dpi": "480",
            "dimensions": {"width": "67", "height": "132", "unit": "mm"},
            "controlGroupName": "CG",
        },
    }
    assert event.props == {"CT Source": "API"}
    assert event.session == {"utm_source": "x"}


def test_columns_may_come_in_any_order_and_some_may_be_dropped():
    event = one(f"eventProps.n,eventName,profile.objectId,ts\n1e5,Charged,o,{TS}\n")

    assert event == (2, "Charged", TS.encode(), "o", {"object_id": "o"}, {"n": "1e5"}, None)


def test_renamed_columns_are_found_by_the_mapping():
    columns = {"Zeit": "ts", "Was": "eventName", "User": "profile.identity", "p": "eventProps.P"}

    event = one(f"User,Zeit,Was,p\nu1,{TS},Charged,5\n", columns=columns)

    assert event.user == {"identity": "u1"}
    assert event.props == {"P": "5"}


def test_names_of_properties_are_exact():
    names = ["a.b", "Amount", "amount", "", " x ", "ts", "zwei\nzeilen", 'qu"ote', "é€𝄞", "_sdc_x"]
    rows = [["ts", "eventName", *(f"eventProps.{name}" for name in names)]]

    event = one(written([*rows, [TS, "Charged", *map(str, range(len(names)))]]))

    assert event.props == {name: str(place) for place, name in enumerate(names)}


def test_a_column_that_nothing_names_is_a_property_of_the_event():
    event = one(f"ts,eventName,Extra,profile.tier,deviceInfo.x\n{TS},Charged,5,gold,y\n")

    assert event.props == {"Extra": "5"}
    assert event.user == {"app": {"tier": "gold", "x": "y"}}


def test_session_props_have_either_spelling():
    assert one(f"ts,eventName,session_props.a\n{TS},x,5\n").session == {"a": "5"}


def test_an_empty_cell_is_absent_and_spaces_are_kept():
    event = one(f'ts,eventName,eventProps.a,eventProps.b,profile.name\n{TS},x,""," ",\n')

    assert (event.props, event.user) == ({"b": " "}, {})


@pytest.mark.parametrize(
    "value", ["007", "+49", "1.10", "NaN", "true", "a,b", 'say "x"', "\r", "x\r\ny"]
)
def test_a_value_is_the_text_that_it_was(value):
    content = written([["ts", "eventName", "eventProps.v"], [TS, "x", value]])

    assert one(content).props == {"v": value}


def test_lines_may_end_in_carriage_returns_and_begin_with_a_byte_order_mark():
    event = one(f'\ufeffts,eventName,eventProps.v\r\n{TS},x,"two\r\nlines"\r\n')

    assert event.props == {"v": "two\r\nlines"}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_taken_from_the_header(delimiter):
    rows = [["ts", "eventName", "eventProps.a,b"], [TS, "x", f"1{delimiter}2,3"]]

    assert one(written(rows, delimiter=delimiter)).props == {"a,b": f"1{delimiter}2,3"}


def test_a_comma_goes_before_other_delimiters():
    event = one(f"ts,eventName,eventProps.a;b\n{TS},x,1;2\n")

    assert event.props == {"a;b": "1;2"}


def test_a_field_may_be_longer_than_the_csv_module_takes_by_itself():
    value = "x" * 200_000

    assert one(f"ts,eventName,eventProps.v\n{TS},x,{value}\n").props == {"v": value}


def test_bytes_that_are_not_utf8_become_replacement_characters():
    content = b"ts,eventName,eventProps.v\n%b,x,a\xff\xed\xa0\xbdb\n" % TS.encode()

    (event,) = events_in("csv", content)

    assert event.props == {"v": content.split(b",")[-1][:-1].decode(errors="replace")}


def test_a_carriage_return_within_a_line_is_text():
    for end in ("", "\r", "\n", "\r\n"):
        event = one(f"ts,eventName,eventProps.v\n{TS},x\r\ry,\ra{end}")
        assert (event.name, event.props) == ("x\r\ry", {"v": "\ra"})


def test_blank_lines_are_no_rows():
    assert one(f"\n\r\nts,eventName\n\n{TS},x\n\r\n").number == 5


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{TS},x", "has 2 values for 3 columns"),
        (f"{TS},x,1,2", "has 4 values for 3 columns"),
        (f"{TS},,1", "has no `eventName`"),
        (",x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        ("20220230000000,x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        ("2022-02-12 00:41:31,x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        (f" {TS},x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        ("٢٠٢٢٠٢١٢٠٠٤١٣١,x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        ("00010101000000,x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        ("2022021200413 ,x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        (f"{TS}00,x,1", "has a `ts` that is not a time (yyyyMMddHHmmss)"),
        (f"{TS},x,a\0b", "has a NUL character"),
        (f'{TS},"x\n\ny"', "has 2 values for 3 columns"),
        (f'{TS},"x\ny"z,1', "is not CSV (',' expected after '\"')"),
        (f'{TS},x,"a"b', "is not CSV (',' expected after '\"')"),
    ],
)
def test_a_bad_row_is_kept_with_its_line_and_those_after_it_are_read(row, reason):
    bad_rows = KeptRows()

    events = events_in(
        "csv",
        f'ts,eventName,eventProps.v\n{TS},a,"x\ny"\n{row}\n{TS},b,2\n'.encode(),
        bad_rows=bad_rows,
    )

    after = 5 + row.count("\n")
    assert [(each.number, each.name) for each in events] == [(2, "a"), (after, "b")]
    ((number, sent, why),) = bad_rows.rows
    assert (number, sent) == (4, row)
    assert why.startswith(reason)


def test_a_bad_row_refuses_the_file_where_it_is_not_to_be_kept():
    message = refusal(f"ts,eventName\n{TS},a\n{TS}\n{TS},b\n")

    assert message == "line 3: a row has 1 values for 2 columns"


def test_a_value_in_a_column_without_a_name_is_a_bad_row():
    bad_rows = KeptRows()

    events = events_in("csv", f"ts,eventName,,\n{TS},a,,\n{TS},b,,5\n".encode(), bad_rows=bad_rows)

    assert [each.name for each in events] == ["a"]
    assert [reason for *_, reason in bad_rows.rows] == ["has a value in a column without a name"]


@pytest.mark.parametrize(
    "end", [f'{TS},"b', f"{TS}", f"{TS[:9]},b", f'{TS},"b\n{TS},c\n', f'{TS},"b"x']
)
def test_a_file_that_ends_within_a_row_is_cut(end):
    assert refusal(f"ts,eventName\n{TS},a\n{end}", bad_rows=KeptRows()).startswith("is cut: ")


def test_the_last_row_needs_no_line_end():
    assert one(f"ts,eventName\n{TS},a").name == "a"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("ts,profile.identity", "has no column `eventName` in its header; name the columns in"),
        ("eventName,eventProps.x", "has no column `ts` in its header; name the columns in"),
        ("ts,eventName,ts", "has two columns `ts`; export it again with different names"),
        ("ts,eventName,x,eventProps.x", "has `x` and `eventProps.x`, which both stand for"),
        ("ts,eventName,Zeit", "has `ts` and `Zeit`, which both stand for `ts`; correct"),
        ("ts,eventName,deviceInfo.dimensions,deviceInfo.dimensions.unit", "has `deviceInfo.dim"),
    ],
)
def test_a_header_that_cannot_be_read_rightly_is_named(header, message):
    assert refusal(f"{header}\n", columns={"Zeit": "ts"}).startswith(message)


def test_a_quote_that_does_not_end_takes_no_memory():
    rest = f"{TS},b,1\n".encode() * 500_000  # 9 MB

    message = refusal(b'ts,eventName,eventProps.v\n%b,a,"1\n' % TS.encode() + rest)

    assert message.startswith("has a row from line 2 on of more than 8 MB; look for a quote")


def test_rows_come_in_parts_of_equal_columns():
    content = "ts,eventName\n" + "".join(f"{TS},{number}\n" for number in range(4_500))

    events = events_in("csv", content.encode())

    assert [each.name for each in events] == [str(number) for number in range(4_500)]
    assert [each.number for each in events] == list(range(2, 4_502))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (DOCUMENTED, "events"),
        ("profile.identity,ts,eventName", "events"),
        ("eventName,profile.identity", "events"),
        ("identity,all_identities,clevertapId,clevertapIds,token,MSG-push,Email", "profiles"),
        ("clevertapId;Email", "profiles"),
        ("identity,ts,Plan", "profiles"),
        ("Kunde,Email", "profiles"),
    ],
)
def test_the_header_tells_events_from_profiles(header, kind):
    assert kind_in("csv", f"{header}\nx\n".encode(), {"Kunde": "identity"}) == kind


def test_a_header_of_neither_is_refused():
    with pytest.raises(UnreadFileError, match="neither `ts` and `eventName` nor `identity`"):
        kind_in("csv", b"a,b\n1,2\n")


def test_profiles_have_the_values_of_their_columns():
    rows = profiles_in("csv", b'identity,Name,MSG-push,Plan\n007,"A\nB",,gold\n\nu2,,false,\n')

    assert rows == [
        (2, {"identity": "007", "Name": "A\nB", "Plan": "gold"}),
        (5, {"identity": "u2", "MSG-push": "false"}),
    ]


def test_two_columns_of_profiles_with_one_name_are_refused():
    with pytest.raises(UnreadFileError, match="has two columns `Plan`"):
        profiles_in("csv", b"identity,Plan,Plan\n")
    with pytest.raises(UnreadFileError, match="has `User` and `identity`, which both stand for"):
        profiles_in("csv", b"User,identity\n", {"User": "identity"})


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
CELLS = st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=5)
FORMS = st.fixed_dictionaries(
    {
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "delimiter": st.sampled_from(",;\t|"),
    }
)


@given(rows=st.lists(CELLS, max_size=5), form=FORMS)
def test_what_a_csv_writer_wrote_is_read_back(rows, form):
    names = sorted({name for row in rows for name in row})
    table = [
        ["ts", "eventName", *(f"eventProps.{name}" for name in names)],
        *([TS, "x", *(row.get(name, "") for name in names)] for row in rows),
    ]

    events = events_in("csv", written(table, **form).encode())

    kept = [{name: value for name, value in row.items() if value} for row in rows]
    assert [each.props or {} for each in events] == kept
