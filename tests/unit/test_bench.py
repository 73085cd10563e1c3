"""What `make bench` makes of its measurements."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from verification.bench.cases_growth import curve_of
from verification.bench.extent import LEAST, Extent
from verification.bench.growth_picture import STYLE, Curve, picture, round_above
from verification.bench.measure import Measured
from verification.bench.table import keep
from verification.bench.workplace import Served, in_the_middle

LANES, LATENCY = 15, 0.2


def upload(number, *, at, seconds=LATENCY, records=1000):
    timed = {"time": at, "seconds": seconds, "kind": "upload", "status": 200}
    return {"number": number, "records": records, **timed}


def bursts(count):
    """Return the requests of a run that always has all lanes in flight."""
    return [upload(number, at=100 + number // LANES * LATENCY) for number in range(count)]


@pytest.mark.parametrize("count", [150, 999, 1000, 1001])
def test_a_run_at_the_ceiling_is_at_it_in_the_middle(count):
    middle, seconds = in_the_middle(bursts(count), LANES)
    assert len(middle) / seconds == pytest.approx(LANES / LATENCY)


def test_a_slow_start_and_end_are_not_the_middle():
    asked = bursts(1000)
    asked[0]["time"] -= 60
    asked[-1]["time"] += 60
    middle, seconds = in_the_middle(asked, LANES)
    assert len(middle) / seconds == pytest.approx(LANES / LATENCY)


def test_a_run_of_few_requests_is_its_own_middle():
    asked = bursts(10)
    assert in_the_middle(asked, LANES) == (asked, pytest.approx(LATENCY))


def test_each_part_of_a_run_has_its_time_and_its_most_memory():
    asked = [upload(number, at=10 + number) for number in range(6)]
    memory = tuple((9.5 + number, 50 + number) for number in range(8))
    run = Measured(8, 1, 57, 0, 9.0, memory)
    curve = curve_of("it", Served(run, asked, 0.0), [0.5] * len(asked))
    assert curve.seconds == pytest.approx([1 + LATENCY, 2, 2])
    assert curve.megabytes == [51, 53, 55]


def test_a_part_that_is_not_whole_is_left_out():
    asked = [upload(number, at=10 + number) for number in range(5)]
    run = Measured(8, 1, 57, 0, 9.0, ((9.5, 50),))
    assert len(curve_of("it", Served(run, asked, 0.0), [0.5] * len(asked)).seconds) == 2


def test_the_picture_has_a_point_for_each_million():
    curve = Curve("it", [12.0, 13.5, 11.0], [60.0, 61.0, 75.0])
    root = ET.fromstring(picture([curve]))  # noqa: S314 - our own
    assert int(root.get("width")) > 0 < int(root.get("height"))
    space = "{http://www.w3.org/2000/svg}"
    lines = [each.get("points").split() for each in root.iter(f"{space}polyline")]
    assert [len(points) for points in lines] == [3, 3]
    heights = [float(point.partition(",")[2]) for point in lines[0]]
    assert heights[1] < heights[0] < heights[2]


def test_the_picture_of_the_documents_has_the_colours_of_the_others():
    assert STYLE in (Path(__file__).parents[2] / "docs" / "growth.svg").read_text()


@pytest.mark.parametrize(
    ("figure", "above"), [(13.5, 20), (75, 80), (1, 1), (0.3, 0.4), (101, 200)]
)
def test_an_axis_ends_above_its_figures(figure, above):
    assert round_above(figure) == pytest.approx(above)


def test_a_table_replaces_only_what_its_own_command_made(tmp_path):
    document = tmp_path / "page.md"
    part = "<!-- make {0}: begin -->\nold {0}\n<!-- make {0}: end -->\n"
    document.write_text("before\n" + part.format("bench") + part.format("bench CASES=growth"))
    keep(document, "make bench CASES=growth", "new\n")
    assert document.read_text().count("old bench\n") == 1
    assert "old bench CASES=growth" not in document.read_text()
    assert "begin -->\n\nnew\n\n<!--" in document.read_text()


def test_a_little_of_a_case_is_enough_to_run_it():
    assert Extent(share=0.01).count(1_000_000) == 10_000
    assert Extent(share=0.01).count(1000) == LEAST
    assert Extent().count(1000) == 1000
    assert not Extent(share=0.01).is_whole
