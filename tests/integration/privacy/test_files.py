"""Files with personal data are made for their owner only, whatever the umask is."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from target_clevertap import private_files
from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import tap_command, tap_config
from tests.support.run_output import clean_environment
from tests.support.target_process import (
    ORDER_COLUMNS,
    TargetProcess,
    finish,
    order,
    orders,
    schema,
    until_it_reads,
)

SIZE = {"timezone": "UTC", "days": 2, "events_per_day": 300, "users": 10, "preparing": 0}
REFUSED = [schema("orders", ORDER_COLUMNS), *[order(number, email=None) for number in range(3)]]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a link away")


@pytest.fixture(scope="module")
def emulator():
    running = ForkedEmulator.start(**SIZE)
    yield running
    running.stop()


@pytest.fixture
def target(emulator, tmp_path):
    return TargetProcess(emulator, tmp_path)


@pytest.fixture(autouse=True)
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder):
    return {
        path.name: oct(stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("config")
    }


def test_ledger_rejects_and_what_is_kept_of_them_are_for_their_owner_only(target):
    target.run(REFUSED)
    fixed = target.rejects.read_text()
    target.rejects.unlink()
    target.rejects.write_text(fixed + '{"type":"RECORD","stre')  # as an editor makes it anew
    assert oct(stat.S_IMODE(target.rejects.stat().st_mode)) == "0o666"
    assert target.replay().status == 3
    found = modes(target.folder)
    assert len(found) == 4
    assert set(found.values()) == {"0o600"}


def test_what_lies_beside_the_ledger_during_a_run_is_too(target):
    process = target.start()
    until_it_reads(process)
    found = modes(target.folder)
    finish(process, b"")
    assert "ledger.sqlite-wal" in found
    assert set(found.values()) == {"0o600"}


def test_a_replay_through_a_pipe_leaves_nothing_open_to_others(target):
    target.run(REFUSED)
    target.rejects.chmod(0o644)
    with subprocess.Popen(["/bin/cat", target.rejects], stdout=subprocess.PIPE) as cat:
        finish(target.start(stdin=cat.stdout))
    assert {mode for name, mode in modes(target.folder).items() if "rejects" in name} == {"0o600"}


def test_batch_files_are_for_their_owner_only(emulator, tmp_path):
    batches = {
        "encoding": {"format": "jsonl", "compression": "none"},
        "storage": {"root": f"file://{tmp_path}/batches"},
    }
    (tmp_path / "batches").mkdir()
    config = tap_config(emulator, timezone="UTC", batch_config=batches)
    run = subprocess.run(
        tap_command(config), capture_output=True, check=False, env=clean_environment(), timeout=90
    )
    assert run.returncode == 0, run.stderr
    found = modes(tmp_path / "batches")
    assert found
    assert set(found.values()) == {"0o600"}


@pytest.mark.parametrize("name", ["rejects.jsonl", "ledger.sqlite"])
@AS_ROOT
def test_a_link_that_another_user_put_there_is_not_followed(target, tmp_path, name):
    elsewhere = tmp_path / "elsewhere"
    (target.folder / name).symlink_to(elsewhere)
    os.lchown(target.folder / name, 12345, 12345)
    finished = target.run([*orders(3), *REFUSED])
    assert finished.status == 1
    assert "a link of another user" in finished.log
    assert not elsewhere.exists()


@AS_ROOT
def test_a_link_that_appears_at_the_last_moment_is_not_followed(tmp_path, monkeypatch):
    path, elsewhere = tmp_path / "rejects.jsonl", tmp_path / "elsewhere"
    really_open = os.open

    def open_late(*given):
        if not path.is_symlink():
            path.symlink_to(elsewhere)
            os.lchown(path, 12345, 12345)
        return really_open(*given)

    monkeypatch.setattr(os, "open", open_late)
    with pytest.raises(PermissionError, match="a link of another user"):
        private_files.open_private(path, os.O_RDWR)
    assert not elsewhere.exists()


@AS_ROOT
def test_a_link_of_ones_own_to_another_users_is_not_followed(tmp_path):
    (tmp_path / "link").symlink_to("theirs")
    (tmp_path / "theirs").symlink_to("elsewhere")
    os.lchown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(PermissionError, match="a link of another user"):
        private_files.open_private(tmp_path / "link", os.O_RDWR)
    assert not (tmp_path / "elsewhere").exists()


def test_links_in_a_circle_end_with_an_error(tmp_path):
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")
    with pytest.raises(OSError, match="symbolic links"):
        private_files.open_private(tmp_path / "one", os.O_RDWR)


def test_a_link_of_ones_own_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("further")
    (tmp_path / "further").symlink_to(tmp_path / "volume")
    os.close(private_files.open_private(tmp_path / "link", os.O_RDWR))
    assert oct(stat.S_IMODE((tmp_path / "volume").stat().st_mode)) == "0o600"
