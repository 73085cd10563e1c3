"""A full disk, wherever the tap writes: one line that reports it, a true state, nothing lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.faults.tap.tap_world import SIZE, World
from tests.support.plugin_process import BIN
from tests.support.run_output import Output, clean_environment

LARGE = {**SIZE, "events_per_day": 15_000}
SETTINGS = {"events": ["App Launched", "Search"], "page_size": 1000}
ENOUGH_REQUESTS = 12
"""By then more pages wait to be written than are kept in memory."""
SECONDS = 60
SMALL_FILE = 100_000
"""Bytes; no page fits, and no file of a batch."""
SMALL_DISK = 2_000_000
OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"]


def may_mount():
    if shutil.which("unshare") is None:
        return False
    command = [*OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"]
    return not subprocess.run(command, check=False, capture_output=True, timeout=30).returncode


needs_mounts = pytest.mark.skipif(not may_mount(), reason="needs to mount a small disk")


@pytest.fixture(scope="module")
def world(start_emulator_for_module, tap):
    return World(start_emulator_for_module(**LARGE), tap)


def tap_command_of(world, settings):
    return [str(BIN / "tap-clevertap"), *world.arguments(settings)]


def on_a_disk(size, command, folder):
    """Return the command with a disk of so many bytes mounted at the folder, for it alone."""
    mount = f'mount -t tmpfs -o size={size} none "$0" && exec "$@"'
    return [*OWN_MOUNTS, "sh", "-c", mount, str(folder), *command]


def keeping(command, disk, kept):
    """Return the command with what it leaves on the disk copied, before the disk is gone."""
    copying = 'disk=$0 kept=$1; shift; "$@"; status=$?; cp "$disk"/* "$kept"; exit $status'
    return ["sh", "-c", copying, str(disk), str(kept), *command]


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE, SMALL_FILE))


def started(command, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **pipes, **options)


def read_late(world, process):
    """Return what a run leaves whose output is not read until it asks for nothing more."""
    until = time.monotonic() + SECONDS
    before, now = -1, 0
    while now < ENOUGH_REQUESTS or before < now:
        assert time.monotonic() < until
        time.sleep(0.5)
        before, now = now, len(world.emulator.requests()["requests"])
    return read(process)


def read(process, renamed=("", "")):
    """Return what a run leaves, the records of its files among it; the files may have moved."""
    out, log = process.communicate(timeout=SECONDS)
    output = Output(process.returncode, log)
    for line in out.replace(*renamed).splitlines() if any(renamed) else out.splitlines():
        for each in unpacked(line):
            output.read(each)
    return output


def unpacked(line):
    """Yield a message, or the records of the files that it names."""
    message = json.loads(line)
    if message["type"] != "BATCH":
        yield line
        return
    for url in message["manifest"]:
        for record in Path(url.removeprefix("file://")).read_text().splitlines():
            yield f'{{"type":"RECORD","stream":"{message["stream"]}","record":{record}}}'


def test_pages_that_find_no_room_on_the_disk_end_the_run(world, tmp_path):
    whole = world.undisturbed(SETTINGS)
    world.emulator.reset()
    environment = clean_environment(TMPDIR=str(tmp_path))
    command = tap_command_of(world, SETTINGS)
    output = read_late(world, started(command, env=environment, preexec_fn=limit_files))
    world.assert_stopped(output, ["TMPDIR", "File too large"])
    world.assert_next_run_completes(output, whole, SETTINGS)


@needs_mounts
def test_pages_that_fill_the_disk_end_the_run(world, tmp_path):
    whole = world.undisturbed(SETTINGS)
    world.emulator.reset()
    environment = clean_environment(TMPDIR=str(tmp_path))
    command = on_a_disk(SMALL_FILE, tap_command_of(world, SETTINGS), tmp_path)
    output = read_late(world, started(command, env=environment))
    world.assert_stopped(output, ["TMPDIR", "No space left on device"])
    world.assert_next_run_completes(output, whole, SETTINGS)


def batched(folder):
    encoding = {"format": "jsonl", "compression": "none"}
    storage = {"root": folder.as_uri()}
    return {
        **SETTINGS,
        "batch_config": {"encoding": encoding, "storage": storage, "batch_size": 1000},
    }


def test_a_batch_that_finds_no_room_on_the_disk_ends_the_run(world, tmp_path):
    whole = world.undisturbed(SETTINGS)
    command = tap_command_of(world, batched(tmp_path))
    output = read(started(command, env=clean_environment(), preexec_fn=limit_files))
    world.assert_stopped(output, ["batch_config.storage", "File too large"])
    world.assert_next_run_completes(output, whole, SETTINGS)


@needs_mounts
def test_batches_that_fill_the_disk_end_the_run(world, tmp_path):
    whole = world.undisturbed(SETTINGS)
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    command = keeping(tap_command_of(world, batched(disk)), disk, kept)
    process = started(on_a_disk(SMALL_DISK, command, disk), env=clean_environment())
    output = read(process, renamed=(str(disk), str(kept)))
    world.assert_stopped(output, ["batch_config.storage", "No space left on device"])
    assert output.events
    world.assert_next_run_completes(output, whole, SETTINGS)


def test_an_output_that_is_full_ends_the_run(world):
    world.emulator.reset()
    output = world.run(SETTINGS, stdout="/dev/full")
    world.assert_stopped(output, ["standard output: it cannot be written to", "No space left"])


def test_an_output_that_may_only_be_read_ends_the_run(world):
    world.emulator.reset()
    with open(os.devnull, "rb") as unwritable:  # noqa: PTH123 - a device
        ended = subprocess.run(
            tap_command_of(world, SETTINGS),
            stdin=subprocess.DEVNULL,
            stdout=unwritable,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            text=True,
            check=False,
            timeout=60,
        )
    assert ended.returncode == 1
    assert "standard output: it cannot be written to (Bad file descriptor)" in ended.stderr
    assert "Traceback" not in ended.stderr
