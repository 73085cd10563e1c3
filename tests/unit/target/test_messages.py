"""Reading Singer messages."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_clevertap.errors import InputError
from target_clevertap.singer.lenient_json import (
    UnreadableError,
    read_leniently,
    read_record_leniently,
)
from target_clevertap.singer.reader import MessageReader


def read(text):
    """Return the messages of a text, or of bytes, read as a run reads them."""
    reader = MessageReader()
    reader.open(io.StringIO(text) if isinstance(text, str) else io.BytesIO(text))
    found = []
    for messages in reader.chunks(lambda: None):
        for message in messages or ():
            reader.line_number += 1
            found.append(described(reader, reader.checked(message)))
    return found


def described(reader, message):
    return SimpleNamespace(
        type=message.type,
        stream=message.stream,
        record=reader.record(message),
        raw=bytes(message.record),
        is_replay=message.is_replay,
        state=bytes(message.value),
        line=reader.line,
        line_number=reader.line_number,
    )


def test_numbers_are_exact_and_the_record_is_kept_as_it_came():
    raw = '{"big":123456789012345678901234567890, "exact": 1.10}'
    (message,) = read(f'{{"type":"RECORD","stream":"x","record":{raw}}}\n')
    assert message.record == {"big": 123456789012345678901234567890, "exact": Decimal("1.10")}
    assert bytes(message.raw).decode() == raw
    assert not message.is_replay


@pytest.mark.parametrize("spelled", ["250", "250.0", "250.00", "2.5e2", "25E1", "2500e-1"])
def test_equal_numbers_are_read_alike(spelled):
    (message,) = read(f'{{"type":"RECORD","stream":"x","record":{{"n":{spelled}}}}}\n')
    assert str(message.record["n"]) == "250"


def test_a_line_from_a_rejects_file_is_known_by_its_code():
    line = '{"type":"RECORD","stream":"x","record":{},"code":515,"reason":"no","rejected_at":"t"}'
    assert read(line)[0].is_replay


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_nan_makes_a_record_to_refuse_not_a_line(number):
    raw = f'{{"a" : {number}, "b": 1.10, "record": {{"c": 2}}}}'
    (message,) = read(f' {{ "type" : "RECORD" , "record" : {raw} , "stream":"x"}} \n')
    assert bytes(message.raw).decode() == raw
    assert str(message.record["a"]) == number
    assert message.record["b"] == Decimal("1.10")
    assert message.stream == "x"


@pytest.mark.parametrize(
    "number",
    ["1e99999999999999999999", "9" * 5000, pytest.param("9" * 5000 + ".0", id="with a fraction")],
)
def test_a_number_beyond_all_bounds_makes_a_record_to_refuse_not_a_line(number):
    (message,) = read(f'{{"type":"RECORD","stream":"x","record":{{"a":{number}}}}}')
    assert message.record["a"].is_nan()
    assert bytes(message.raw).decode() == f'{{"a":{number}}}'


def test_half_a_surrogate_pair_makes_a_record_to_refuse_not_a_line():
    raw = r'{"a":"\ud800"}'
    (message,) = read(f'{{"type":"RECORD","stream":"x","record":{raw}}}')
    assert message.record == {"a": "\ud800"}
    assert bytes(message.raw).decode() == raw


def test_blank_lines_are_passed_over():
    assert len(read('\n  \n{"type":"STATE","value":{}}\n\n')) == 1


def test_a_last_line_without_an_end_is_read():
    assert bytes(read('{"type":"STATE","value":{"a": 1}}')[0].state) == b'{"a": 1}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"type":"RECORD","stream":"x","record":{"mail":"ada@example.org}}', "column"),
        (b'{"type":"RECORD","mail":"ada@example.org"', "column 42"),
        (b'{"type":"RECORD"} ada@example.org', "column 19"),
        (b'["ada@example.org"]', "not a JSON object"),
        (b'{"mail":"ada@example.org"}', "no message type"),
        (b'{"type":"ada@example.org"}', "none of RECORD"),
        (b'{"type":"RECORD","stream":["ada@example.org"]}', "stream is not a string"),
        (b'{"type":"RECORD","mail":"\xffada@example.org"}x', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"type":"STATE","value":"\xff"}', "not UTF-8"),
        (
            b'{"type":"SCHEMA","schema":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
            "nested too deeply",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_number_not_its_content(line, words):
    with pytest.raises(InputError) as error:
        read(b'{"type":"STATE","value":{}}\n' + line + b"\n")
    assert "line 2 of" in error.value.message
    assert words in error.value.message
    assert "ada" not in error.value.message
    assert error.value.__suppress_context__


TYPES = ["RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION"]
PLAIN = [f'{{"type":"{kind}","stream":"x","record":{{"n":{n}}}}}' for n, kind in enumerate(TYPES)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\n \n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_lines_are_numbered_and_kept_whether_or_not_they_are_read_at_once(end, last):
    text = end.join(PLAIN) + last
    found = read(text)
    lines = text.split("\n")
    assert [each.type for each in found] == TYPES
    assert [each.record["n"] for each in found] == [0, 1, 2, 3]
    assert [each.line.decode() for each in found] == [each for each in lines if each.strip()]
    assert [lines[each.line_number - 1] for each in found] == [
        each for each in lines if each.strip()
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"STATE","value":1}{"type":"STATE","value":2}\n',
        '{"type":"STATE","value":1}\n{"type":"STATE",\n"value":2}\n',
        '{"type":"STATE","value":1}{"type":"STATE","value":2}\n\n',
        '{"type":"STATE"\n}{"type":"STATE","value":2}\n',
        '{"type":"STATE","value":"}\n{"}\n',
        '{"type":"RECORD","stream":"x","record":{"a":"}\n{"}}{"type":"STATE"}\n',
    ],
)
def test_a_message_is_a_line(text):
    with pytest.raises(InputError, match="cannot be read"):
        read(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["", " ", "\t"]))
def test_a_row_is_read_as_the_record_of_a_message(value, space):
    row = space + json.dumps(value) + space
    message = f'{{"type":"RECORD","record":{row}}}'.encode()
    assert repr(read_record_leniently(row.encode())) == repr(read_leniently(message)[1])


@given(VALUES, st.sampled_from([",", "}", "]", "{}", "1", ' "a"', ', "code": 5', "\x00"]))
def test_a_row_with_more_behind_it_is_refused(value, more):
    if isinstance(value, (int, float)) and more == "1":
        return
    with pytest.raises(UnreadableError):
        read_record_leniently((json.dumps(value) + more).encode())
