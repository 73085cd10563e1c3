"""Keys of rows in Parquet files: those of the API and of JSON files."""

import datetime as dt
import json
from io import BytesIO

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.files.encoder import FileEncoder
from tap_clevertap.files.formats.readers import reader_of
from tap_clevertap.files.rows import ReadOptions
from tap_clevertap.records.encoder import EventEncoder
from tap_clevertap.records.events import EventStream
from tests.support.files.parquet_files import PROPS, TEXTS, events, file_of, pairs
from tests.support.files.reading import ZONE, KeptRows


def zeros(fingerprints, _):
    return [0] * len(fingerprints)


TEXTS_OR_NONE = st.none() | st.text(max_size=5)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats()
BLOCKS = st.none() | st.dictionaries(st.text(), st.none() | st.booleans() | NUMBERS | st.text())


@given(st.text(min_size=1), TEXTS_OR_NONE, BLOCKS, BLOCKS, st.integers(10**8, 2 * 10**9))
def test_keys_are_those_of_the_api_and_of_json_files(name, object_id, props, session, time):
    ts = int(dt.datetime.fromtimestamp(time, ZONE).strftime("%Y%m%d%H%M%S"))
    blocks = {"eventProps": props, "sessionProps": session}
    columns = {each: pa.array([pairs(block)], PROPS) for each, block in blocks.items()}
    columns |= {"eventName": pa.array([name]), "eventTime": pa.array([str(time)])}
    columns |= {"identity": pa.array([[("clevertapId", object_id)]], TEXTS)}
    page = [
        {
            "profile": {"objectId": object_id},
            "ts": ts,
            "event_props": props,
            "session_props": session,
        }
    ]
    line = {"eventName": name, "ts": ts, "profile": {"objectId": object_id}, **blocks}

    encoder = EventEncoder(account_id="A", zone=ZONE)
    by_api = encoder.encode(
        json.dumps(page).encode(), zeros, EventStream(name), KeptRows(skip=False)
    )
    by_files = [
        FileEncoder(account_id="A", zone=ZONE).encode(rows, zeros, "k").content
        for file_format, content in (
            ("parquet", file_of(events(columns))),
            ("json", f"Charged\n{json.dumps(line)}\n".encode()),
        )
        for rows in reader_of(file_format).event_rows(
            BytesIO(content), ReadOptions(ZONE, {}, KeptRows(skip=False))
        )
    ]

    records = [
        json.loads(each)["record"] for each in (*(lines.content for lines in by_api), *by_files)
    ]
    assert len(records) == 3
    for record in records[1:]:
        del record["source_file"]
        assert record == records[0]
