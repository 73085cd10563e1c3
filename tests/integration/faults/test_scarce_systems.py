"""Systems that have no more threads, low descriptors or working directory to give."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.extent import WHOLE
from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import BIN, tap_command, tap_config
from tests.support.run_output import Output, clean_environment
from tests.support.target_process import (
    ORDER_COLUMNS,
    TargetProcess,
    finish,
    lines,
    order,
    orders,
    schema,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")

LANES_AND_STATES = 21
READERS = 4
LARGE = 1 << 30
"""A thread's stack, of which the address space then holds as many as are wanted."""


def by(*program):
    """Return a command that prepares what a process inherits, and becomes what follows it."""
    becomes = "os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", "\n".join(("import os, resource, sys", *program, becomes))]


IN_NO_FOLDER = by("os.mkdir('gone')", "os.chdir('gone')", "os.rmdir('../gone')")
WITH_MANY_DESCRIPTORS = by(
    "most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]",
    "resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))",
    "for number in range(3, 1200): os.dup2(2, number)",
)


def with_threads(count):
    """Let this number of threads start in addition to the first, and no more.

    OpenBLAS, where numpy is installed too, would start some when it is imported.
    """
    return by(
        "os.environ['OPENBLAS_NUM_THREADS'] = '1'",
        "most = resource.getrlimit(resource.RLIMIT_STACK)[1]",
        f"resource.setrlimit(resource.RLIMIT_STACK, ({LARGE}, most))",
        f"resource.setrlimit(resource.RLIMIT_AS, ({LARGE * (count + 1)},) * 2)",
    )


@pytest.fixture
def target(upload_emulator, tmp_path):
    upload_emulator.reset()
    return TargetProcess(upload_emulator, tmp_path)


@pytest.fixture(scope="module")
def project():
    emulator = ForkedEmulator.start(days=2, events_per_day=300, users=10, preparing=0)
    yield emulator
    emulator.stop()


def run_target(target, through, given=None, **settings):
    given = lines(orders(3)) if given is None else given
    finished = finish(target.start(through=through, **settings), given)
    assert "Traceback" not in finished.log
    return finished


def run_tap(project, folder, through, *, state=None, **settings):
    config = tap_config(project, timezone="UTC", profile_events=["Charged"], **settings)
    run = subprocess.run(
        [*through, *tap_command(config, state=state)],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=90,
    )
    assert "Traceback" not in run.stderr, run.stderr
    output = Output(run.returncode, run.stderr)
    for line in run.stdout.splitlines():
        output.read(line)
    return output


@pytest.fixture(scope="module")
def keys(project, tmp_path_factory):
    return keys_of(run_tap(project, tmp_path_factory.mktemp("whole"), ()))


def keys_of(output):
    return {each["event_key"] for each in output.events}


def last_line(finished):
    return finished.log.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["rejects_path", "ledger_path"])
def test_a_target_whose_working_directory_is_gone_says_so(target, name):
    finished = run_target(target, IN_NO_FOLDER, **{name: "relative"})
    assert finished.status == 1
    assert f"{name}: there is no working directory any more" in last_line(finished)
    assert target.requests() == []


def test_whoever_needs_no_working_directory_does_not_miss_it(target, project, keys, tmp_path):
    assert run_target(target, IN_NO_FOLDER).status == 0
    assert len(target.delivered()) == 3
    output = run_tap(project, tmp_path, IN_NO_FOLDER)
    assert output.status == 0, output.log
    assert keys_of(output) == keys


def test_descriptors_of_any_number_are_read(target):
    finished = run_target(target, WITH_MANY_DESCRIPTORS)
    assert finished.status == 0, finished.log
    assert len(target.delivered()) == 3


@pytest.mark.parametrize("threads", [0, LANES_AND_STATES - 1])
def test_a_target_without_threads_says_so_and_changes_nothing(target, threads):
    refused = [schema("orders", ORDER_COLUMNS), order(1, email=None)]
    target.run(refused)
    before = target.rejects.read_bytes()
    with target.rejects.open("rb") as file:
        finished = finish(target.start(stdin=file, through=with_threads(threads)))
    assert "Traceback" not in finished.log
    assert finished.status == 1
    assert "threads: the system starts no more" in last_line(finished)
    assert finished.states == []
    assert target.rejects.read_bytes() == before
    assert target.run(orders(3)).status == 0


def test_a_target_starts_no_more_threads_than_its_lanes_and_the_state_writer(target):
    messages = lines(orders(2000))
    finished = run_target(target, with_threads(LANES_AND_STATES), messages)
    assert finished.status == 0, finished.log
    assert sorted(each["evtData"]["id"] for each in target.delivered()) == [*range(2000)]
    assert finished.states[-1] == {"orders": 2000}


@pytest.mark.parametrize("threads", [0, 1, READERS - 1])
def test_a_tap_without_threads_says_so(project, keys, tmp_path, threads):
    output = run_tap(project, tmp_path, with_threads(threads))
    assert output.status == 1
    assert "threads: the system starts no more" in last_line(output)
    rest = run_tap(project, tmp_path, (), state=output.states[-1] if output.states else None)
    assert rest.status == 0, rest.log
    assert keys_of(output) | keys_of(rest) == keys


def test_a_tap_starts_no_more_threads_than_it_reads_with(project, keys, tmp_path):
    output = run_tap(project, tmp_path, with_threads(READERS))
    assert output.status == 0, output.log
    assert keys_of(output) == keys


def with_limit(kind, most):
    return by(f"resource.setrlimit(resource.{kind}, ({most},) * 2)")


MEGABYTES = (40, 60, 90, 120, 160, 220, 300) if WHOLE else (60, 120, 220)
SCARCE = {
    **{f"{mb} MB": with_limit("RLIMIT_AS", mb << 20) for mb in MEGABYTES},
    "seven descriptors": with_limit("RLIMIT_NOFILE", 7),
}


@pytest.mark.parametrize("through", SCARCE.values(), ids=SCARCE)
def test_a_target_that_lacks_something_says_so_in_a_line(target, through):
    finished = run_target(target, through, lines(orders(3000)))
    assert finished.status in {0, 1}
    done = finished.states[-1]["orders"] if finished.states else 0
    assert {each["evtData"]["id"] for each in target.delivered()} >= {*range(done)}
    if finished.status:
        assert finished.log.strip()
        rest = target.run(orders(3000))
        assert rest.status == 0, rest.log
    assert sorted(each["evtData"]["id"] for each in target.delivered()) == [*range(3000)]


@pytest.mark.parametrize("through", SCARCE.values(), ids=SCARCE)
def test_a_tap_that_lacks_something_says_so_in_a_line(project, keys, tmp_path, through):
    output = run_tap(project, tmp_path, through)
    assert output.status in {0, 1}
    if output.status:
        assert output.log.strip()
    rest = run_tap(project, tmp_path, (), state=output.states[-1] if output.states else None)
    assert rest.status == 0, rest.log
    assert keys_of(output) | keys_of(rest) == keys


@pytest.mark.parametrize("plugin", ["tap-clevertap", "target-clevertap"])
@pytest.mark.parametrize(
    "error", ["SystemError('error return without exception set')", "MemoryError"]
)
def test_an_import_that_fails_for_want_of_memory_is_a_line(tmp_path, plugin, error):
    package = tmp_path / "singer_sdk"
    package.mkdir()
    (package / "__init__.py").write_text(f"raise {error}\n")
    run = subprocess.run(
        [str(BIN / plugin), "--version"],
        env=clean_environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        check=False,
        text=True,
        timeout=90,
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1, run.stderr
    assert run.stderr.startswith(f"{plugin}: ")
    assert "memory" in run.stderr
