"""Each fault on each kind of request that the tap makes: recovered, or stopped in good order."""

from __future__ import annotations

import json
from contextlib import closing
from typing import get_args

import pytest

from clevertap_emulator.admin.faults import FaultAction, RequestKind
from tests.integration.faults.tap.tap_matrix import (
    CELLS,
    DISCOVERING,
    FAULTS,
    FIRST,
    FOR_UPLOADS,
    LAST,
    NAMES,
    NEVER_ASKED,
    REQUESTS,
    UNSEEN,
    Absent,
    Recovered,
    Stopped,
    Twinned,
    Uncounted,
    representatives,
)
from tests.integration.faults.tap.tap_world import SIZE, World, rows_of
from tests.support.extent import WHOLE
from tests.support.raw_server import RawServer, hang_up

CHOSEN = CELLS if WHOLE else representatives()
RUN = [cell for cell in CHOSEN if not isinstance(cell.outcome, Absent)]


@pytest.fixture(scope="module")
def trap():
    with closing(RawServer(hang_up)) as trap:
        yield trap


@pytest.fixture(scope="module")
def world(start_emulator_for_module, tap):
    return World(start_emulator_for_module(**SIZE), tap)


def settings_of(request, world):
    if request is not DISCOVERING:
        return request.settings
    events = world.emulator.api("GET", "/getSchema?type=events").json()["events"]
    return {"excluded_events": [each["name"] for each in events if each["name"] not in NAMES]}


def _is_of(wanted, asked):
    return (
        asked["kind"] == wanted["kind"]
        and asked["path"].startswith(wanted.get("path", ""))
        and asked["event_name"] == wanted.get("event_name", asked["event_name"])
    )


def asked_by(world, settings, wanted):
    return [each for each in world.requests_of(settings)["requests"] if _is_of(wanted, each)]


def number_of(place, count):
    return {FIRST: 1, LAST: count}.get(place, (count + 1) // 2)


def pointing_to(action, trap):
    headers = {
        name: value.format(trap=f"http://{trap.host}")
        for name, value in action.get("headers", {}).items()
    }
    return {**action, "headers": headers} if headers else action


@pytest.mark.parametrize("cell", RUN, ids=str)
def test_a_fault_comes_to_what_the_matrix_says(world, trap, cell):
    settings = {**settings_of(cell.request, world), **cell.fault.settings}
    wanted = {**cell.request.match, **cell.fault.match}
    whole, count = world.undisturbed(settings), len(asked_by(world, settings, wanted))
    match = {**wanted, "number": number_of(cell.place, count)}
    faults = [{"match": match, "action": pointing_to(cell.fault.action, trap)}]
    output = world.disturbed(faults, settings)
    assert trap.connections == 0
    if isinstance(cell.outcome, Stopped):
        world.assert_stopped(output, cell.outcome.words)
        world.assert_next_run_completes(output, whole, settings)
    elif isinstance(cell.outcome, Twinned):
        assert_one_row_came_twice(output, whole)
        merging = {**settings, "duplicates": "merge"}
        world.assert_recovered(world.disturbed(faults, merging), world.undisturbed(merging))
    elif isinstance(cell.outcome, Uncounted):
        assert output.log.count("verify_counts: some events have no counts") == 1
        assert without_totals(output.state) == without_totals(whole.state) != output.state
        output.states[-1] = whole.state
        world.assert_recovered(output, whole)
    else:
        world.assert_recovered(output, whole)
        assert cell.outcome.warning in output.log


def without_totals(state):
    bookmarks = json.loads(json.dumps(state))
    for stream in bookmarks["bookmarks"].values():
        for partition in stream.get("partitions", ()):
            partition.pop("totals", None)
    return bookmarks


def assert_one_row_came_twice(output, whole):
    assert output.status == 0, output.log
    (more,) = (rows_of(output, "events") - rows_of(whole, "events")).elements()
    assert '"occurrence": 1' in more
    assert rows_of(whole, "events") <= rows_of(output, "events")
    assert output.state == whole.state


def test_every_fault_of_the_emulator_is_in_the_matrix():
    used = {name for fault in FAULTS for name in fault.action}
    assert {*used, *FOR_UPLOADS, *UNSEEN} == set(FaultAction.__struct_fields__)
    assert not used & {*FOR_UPLOADS, *UNSEEN}


def test_every_kind_of_request_is_in_the_matrix():
    used = {request.match["kind"] for request in REQUESTS}
    assert {*used, *NEVER_ASKED} == set(get_args(RequestKind))
    assert not used & set(NEVER_ASKED)


def test_no_cell_is_empty():
    assert len({(cell.fault.name, cell.request.name, cell.place) for cell in CELLS}) == len(CELLS)
    for cell in CELLS:
        assert isinstance(cell.outcome, (Recovered, Stopped, Twinned, Uncounted, Absent))
        assert not isinstance(cell.outcome, Stopped) or all(cell.outcome.words)
        assert not isinstance(cell.outcome, Absent) or cell.outcome.reason


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each.name)
def test_a_run_makes_the_requests_of_the_matrix_and_no_others(world, request_):
    settings = settings_of(request_, world)
    asked = world.requests_of(settings)
    assert all(any(_is_of(each.match, one) for each in REQUESTS) for one in asked["requests"])
    assert len(asked_by(world, settings, request_.match)) >= len(request_.places)
    assert max(asked["max_in_flight"].values()) <= 3
