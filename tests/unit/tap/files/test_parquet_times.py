"""Times in Parquet files: instants and wall clocks of any type."""

import datetime as dt

import pyarrow as pa
import pytest

from tests.support.files.parquet_files import EPOCH, TEXT, TS, events, file_of
from tests.support.files.reading import ZONE, KeptRows, events_in


def one(content, **more):
    (event,) = events_in("parquet", content, **more)
    return event


@pytest.mark.parametrize(
    "column",
    [
        pa.array([str(EPOCH)]),
        pa.array([f"{EPOCH}.0"]),
        pa.array([EPOCH], pa.int64()),
        pa.array([EPOCH], pa.int32()),
        pa.array([EPOCH + 0.75]),
        pa.array([str(EPOCH).encode()]),
        pa.array([{"member2": EPOCH}], pa.struct({"member2": pa.int64()})),
        pa.array([EPOCH], pa.timestamp("s")),
        pa.array([EPOCH * 1000 + 999], pa.timestamp("ms", "UTC")),
        pa.array([EPOCH * 10**9 + 1], pa.timestamp("ns", "Asia/Kolkata")),
    ],
    ids=lambda each: f"{each.type} of {each.nbytes} bytes",
)
def test_times_are_instants_whatever_their_type(column):
    assert one(file_of(events({"eventTime": column}))).ts == TS


def test_times_of_96_bits_are_instants_too():
    table = events({"eventTime": pa.array([EPOCH * 10**9], pa.timestamp("ns"))})

    assert one(file_of(table, use_deprecated_int96_timestamps=True)).ts == TS


@pytest.mark.parametrize(
    "column",
    [
        pa.array([int(TS)], pa.int64()),
        pa.array([TS.decode()]),
        pa.array([float(TS)]),
        pa.array([1644626491], pa.timestamp("s")),
        pa.array([EPOCH], pa.timestamp("s", "UTC")),
    ],
    ids=lambda each: f"{each.type} of {each.nbytes} bytes",
)
def test_wall_clocks_are_read_as_they_are(column):
    table = events({"ts": column}).drop_columns("eventTime")

    assert one(file_of(table)).ts == TS


def test_seconds_of_each_minute_are_their_own():
    times = [EPOCH, EPOCH + 28, EPOCH + 29, EPOCH + 86_400, 0, 63_072_000, 2_000_000_000]
    content = file_of(events({"eventTime": pa.array(times)}))
    recent = file_of(events({"eventTime": pa.array(times[:4])}))

    stamps = [event.ts for event in events_in("parquet", content)]

    assert stamps == [
        dt.datetime.fromtimestamp(each, ZONE).strftime("%Y%m%d%H%M%S").encode() for each in times
    ]
    assert [event.ts for event in events_in("parquet", recent)] == stamps[:4]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([EPOCH, EPOCH * 1000, None]),
        pa.array([str(EPOCH), "1644606691000", ""]),
        pa.array([str(EPOCH), "2022-02-12T00:41:31Z", "-5"]),
        pa.array([EPOCH, -1, 2_000_000_001]),
        pa.array([float(EPOCH), float("nan"), 1e300]),
        pa.array(
            [{"member0": EPOCH}, {"member0": 1, "member1": "1"}, {}],
            pa.struct({"member0": pa.int64(), "member1": TEXT}),
        ),
    ],
    ids=lambda each: f"{each.type} with {each[1]}",
)
def test_what_is_no_time_in_seconds_makes_its_row_bad(column):
    bad = KeptRows()

    rows = events_in("parquet", file_of(events({"eventTime": column})), bad_rows=bad)

    assert [(event.number, event.ts) for event in rows] == [(1, TS)]
    assert [(number, reason) for number, _, reason in bad.rows] == [
        (number, "has an `eventTime` that is not a time in seconds since 1970") for number in (2, 3)
    ]


def test_what_is_no_wall_clock_or_no_name_makes_its_row_bad():
    times = [int(TS), 20221340256070, EPOCH, None, int(TS), int(TS)]
    names = ["a", "a", "a", "a", None, ""]
    table = events({"ts": pa.array(times), "eventName": pa.array(names)})
    bad = KeptRows()

    rows = events_in("parquet", file_of(table), bad_rows=bad)

    assert [event.number for event in rows] == [1]
    no_time = "has a `ts` that is not a time (yyyyMMddHHmmss)"
    assert [(number, reason) for number, _, reason in bad.rows] == [
        *((number, no_time) for number in (2, 3, 4)),
        *((number, "has no `eventName`") for number in (5, 6)),
    ]
    assert bad.rows[-1][1] == {"eventName": "", "eventTime": str(EPOCH), "ts": int(TS)}
