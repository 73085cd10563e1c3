"""Runs with `method: files`: what they leave, what they refuse, and how they go on."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from target_clevertap.import_files.spool import FileSpool
from tests.support.both_methods import files_settings
from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import (
    ORDERS_RULE,
    lines,
    orders,
    record,
    schema,
    state,
    until_it_reads,
)

SPOOL = ".clevertap-spool.sqlite"


def files_in(folder, pattern="*.csv"):
    return sorted(path.name for path in folder.glob(pattern))


def rows_in(folder, pattern="*.csv"):
    rows = []
    for name in files_in(folder, pattern):
        with (folder / name).open(newline="") as file:
            rows += csv.DictReader(file)
    return rows


@pytest.fixture
def folder(settings):
    return Path(settings["files_path"])


def test_each_file_is_private_and_has_its_manifest(target, settings, folder):
    finished = target.run(orders(10, states_every=5), **settings)
    assert (finished.status, finished.states) == (0, [{"orders": 10}])
    (data,), (manifest,) = files_in(folder), files_in(folder, "*.manifest")
    assert manifest.removesuffix(".manifest") == data.removesuffix(".csv")
    assert json.loads((folder / manifest).read_text())["fileName"] == data
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        SPOOL: 0o600,
        data: 0o600,
        manifest: 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    report = json.loads(target.report.read_text())["files"]
    assert report == {
        "published": [{"name": data, "rows": 10, "bytes": (folder / data).stat().st_size}],
        "empty_texts_left_out": 0,
    }


def test_files_sorted_by_name_keep_the_profiles_of_a_user_in_their_order(target, settings, folder):
    rule = {"type": "profile", "identity": "email"}
    # types alternate, so each is in a file of its own
    values = [place if place % 2 else str(place) for place in range(25)]
    users = [record("users", email="a@b.example", at=value) for value in values]
    users = [schema("users", {"email": {}, "at": {}}, keys=["email"]), *users]
    assert target.run(users, **settings, streams={"users": rule}).status == 0
    assert len(files_in(folder)) == len(values)
    assert [int(row["at"]) for row in rows_in(folder)] == [*range(len(values))]


def test_what_was_published_is_not_published_again(target, settings, folder):
    assert target.run(orders(10), **settings).status == 0
    finished = target.run(orders(12, states_every=12), **settings)
    assert "delivered 2, already delivered 10" in finished.log
    assert sorted(int(row["id"]) for row in rows_in(folder)) == [*range(12)]


def test_a_file_is_no_larger_than_it_may_be(target, settings, folder):
    assert target.run(orders(500), **settings, files_max_bytes=10_000).status == 0
    sizes = [(folder / name).stat().st_size for name in files_in(folder)]
    assert max(sizes) <= 10_000
    assert len(sizes) > 3
    assert sorted(int(row["id"]) for row in rows_in(folder)) == [*range(500)]


def test_rejects_have_their_codes_and_the_status_is_3(target, settings, folder):
    columns = {"id": {}, "email": {}, "created_at": {}, "Items": {}, "big": {}}
    rule = {**ORDERS_RULE, "event": "Charged"}
    usual = {"email": "a@b.co", "created_at": "2026-01-01T00:00:00Z"}
    messages = [
        schema("orders", columns),
        record("orders", id=1, **usual, Items=[{"a": 1}]),
        record("orders", id=2, **usual, big=1 << 70),
        record("orders", id=3, **usual),
        state({"at": 3}),
    ]
    finished = target.run(messages, **settings, streams={"orders": rule})
    assert (finished.status, finished.states) == (3, [{"at": 3}])
    rejects = [json.loads(line) for line in target.rejects.read_text().splitlines()]
    assert [each["code"] for each in rejects if "code" in each] == ["file_items", "file_number"]
    assert [row["id"] for row in rows_in(folder)] == ["3"]


def test_a_run_that_ends_early_publishes_nothing_and_the_next_one_all(target, settings, folder):
    broken = [*orders(10, states_every=5), b"no message\n"]
    finished = target.run(broken, **settings)
    assert (finished.status, finished.states) == (1, [])
    assert not files_in(folder)
    finished = target.run([], **settings)
    assert finished.status == 0
    assert sorted(int(row["id"]) for row in rows_in(folder)) == [*range(10)]


def test_without_a_ledger_what_waits_is_discarded_as_it_comes_again(target, settings, folder):
    rule = {"orders": {**ORDERS_RULE, "repeat": "allow"}}
    broken = [*orders(10), b"no message\n"]
    assert target.run(broken, **settings, ledger_path="", streams=rule).status == 1
    finished = target.run(orders(10), **settings, ledger_path="", streams=rule)
    assert finished.status == 0
    assert "10 records that an earlier run left" in finished.log
    assert sorted(int(row["id"]) for row in rows_in(folder)) == [*range(10)]


@pytest.fixture
def waiting(target, settings):
    """Settings of a folder where records wait."""
    assert target.run([*orders(10), b"no message\n"], **settings).status == 1
    return settings


OTHERS = {
    "another ledger": ({"ledger_path": "other.sqlite"}, "run once with that ledger_path"),
    "no ledger": ({"ledger_path": ""}, "run once with that ledger_path"),
    "the API": ({"method": "api"}, "run once with `method: files`"),
    "another folder": ({"files_path": "elsewhere"}, "set that files_path"),
    "the dashboard": ({"files_for": "dashboard"}, "run once as before"),
    "another account": ({"account_id": "OTHER-000-0000"}, "another account or host"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_waits_is_never_lost_by_another_setting(target, waiting, folder, name):
    others, advice = OTHERS[name]
    messages = orders(1, states_every=1)
    finished = target.run(messages, **{**waiting, **others})
    assert (finished.status, finished.states) == (1, [])
    assert advice in finished.log
    assert not files_in(folder)
    assert target.run(orders(10), **waiting).status == 0
    assert sorted(int(row["id"]) for row in rows_in(folder)) == [*range(10)]


def test_a_spool_that_was_removed_is_noticed(target, waiting, folder):
    for path in folder.iterdir():
        path.unlink()
    finished = target.run(orders(10, states_every=1), **waiting)
    assert (finished.status, finished.states) == (1, [])
    assert "is another or was removed" in finished.log


def test_when_nothing_waits_the_method_may_change(target, settings):
    assert target.run(orders(10), **settings).status == 0
    finished = target.run(orders(12))
    assert finished.status == 0
    assert sorted(each["evtData"]["id"] for each in target.delivered()) == [10, 11]


def test_a_folder_has_one_run_at_a_time(target, settings):
    process = target.start(**settings)
    until_it_reads(process)
    process.stdin.write(lines(orders(1)))
    process.stdin.flush()
    finished = target.run(orders(1), **settings, ledger_path=str(target.folder / "other"))
    assert finished.status == 1
    assert "is in use by another run" in finished.log
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log


def test_a_full_disk_moves_no_state_and_the_next_run_goes_on(target, settings, folder):
    given = target.folder / "input"
    given.write_bytes(lines(orders(3000, states_every=100)))
    config = target.config(**settings)
    limited = f"ulimit -f 300; exec {BIN}/target-clevertap --config {config} < {given}"
    run = subprocess.run(
        ["bash", "-c", limited],  # noqa: S607 - the one of the path
        capture_output=True,
        env=clean_environment(),
        cwd=target.folder,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert not run.stdout
    assert "files_path" in run.stderr
    assert "Traceback" not in run.stderr
    assert target.run(orders(3000, states_every=100), **settings).states == [{"orders": 3000}]
    assert sorted(int(row["id"]) for row in rows_in(folder)) == [*range(3000)]


@pytest.mark.parametrize("content", [b"not a database" * 400, None])
def test_what_is_no_spool_is_refused_and_left_as_it_is(target, settings, folder, content):
    folder.mkdir()
    path = folder / SPOOL
    if content is None:
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE other (x)")
        content = path.read_bytes()
    else:
        path.write_bytes(content)
    finished = target.run(orders(1), **settings)
    assert finished.status == 1
    assert "files_path: " in finished.log
    assert path.read_bytes() == content


def test_a_record_of_the_spool_that_cannot_be_read_ends_the_run_with_advice(
    target, settings, folder
):
    assert target.run([*orders(10), b"no message\n"], **settings).status == 1
    with closing(sqlite3.connect(folder / SPOOL)) as database, database:
        database.execute("UPDATE records SET cells = x'ff' WHERE id = 3")
    finished = target.run([], **settings)
    assert finished.status == 1
    assert "is damaged: a record in it cannot be read" in finished.log
    assert "Traceback" not in finished.log
    assert not files_in(folder)


REFUSED = {
    "no address": ({"client_email": ""}, "client_email: each manifest needs an e-mail address"),
    "vendor": ({"dry_run": "vendor"}, "dry_run: CleverTap checks no files"),
    "tokens": (
        {"streams": {"t": {"type": "token", "identity": "i", "token": "t", "token_type": "fcm"}}},
        "files have no records of type `token`",
    ),
    "amounts": (
        {"streams": {"t": {"type": "profile", "identity": "i", "operations": {"p": "$incr"}}}},
        "files have no operation $incr",
    ),
    "deletions": (
        {"streams": {"t": {"type": "profile", "identity": "i", "on_deleted": "delete"}}},
        "files delete no users",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_is_refused_before_anything_is_made(target, settings, folder, name):
    others, words = REFUSED[name]
    finished = target.run([], **{**settings, **others})
    assert finished.status == 1
    assert words in finished.log
    assert not folder.exists()


def test_a_dry_run_finds_what_files_cannot_have_and_makes_nothing(target, settings, folder):
    messages = [schema("users", {"email": {}, "p": {}}, ["email"], [])]
    messages += [record("users", email="a@b.co", p=1 << 70), record("users", email="a@b.co", p=1)]
    finished = target.run(messages, **settings, dry_run="local", max_rejects=-1)
    assert finished.status == 0
    assert "2 records came, 1 would be delivered, 1 refused" in finished.log
    assert "file_number" in finished.log
    assert not folder.exists()


def test_only_profiles_that_changed_go_into_files(target, settings, folder):
    rule = {"type": "profile", "identity": "email", "changes_only": True}
    users = [schema("users", {"email": {}, "p": {}}, ["email"], [])]
    first = [*users, record("users", email="a", p=1), record("users", email="b", p=1)]
    second = [*users, record("users", email="a", p=1), record("users", email="b", p=2)]
    assert target.run(first, **settings, streams={"users": rule}).status == 0
    assert target.run(second, **settings, streams={"users": rule}).status == 0
    # two users may come in any order
    assert sorted((row["identity"], row["p"]) for row in rows_in(folder)) == [
        ("a", "1"),
        ("b", "1"),
        ("b", "2"),
    ]


def test_the_dashboard_gets_what_it_reads(target, drops):
    (drops.folder / "dashboard").mkdir(exist_ok=True)
    given = files_settings(drops.folder / "dashboard", files_for="dashboard", client_email="")
    columns = {"email": {}, "Born": {"type": "string", "format": "date"}, "City": {}}
    messages = [
        schema("users", columns, ["email"], []),
        record("users", email="a@b.co", Born="1969-12-31", City="X, Y"),
    ]
    finished = target.run(messages, **given)
    assert finished.status == 0
    assert "'Born<Unix>' DATE" in finished.log
    (made,) = drops.drops(ended=1)
    assert (made["status"], made["accepted"]) == ("done", 1)
    assert target.delivered() == [
        {
            "type": "profile",
            "identity": "a@b.co",
            "profileData": {"Born": "$D_-86400", "City": "X, Y"},
        }
    ]


SPOILS = """
from target_clevertap.import_files.spool import FileSpool
from target_clevertap.target import TargetCleverTap

close = FileSpool.close


def spoiled(spool):
    spool._database.execute("ALTER TABLE claims RENAME TO spoiled")
    close(spool)


FileSpool.close = spoiled
TargetCleverTap.cli()
"""
"""The target, whose spool cannot be read any more just before it is closed."""


def test_a_run_that_published_everything_ends_well_where_its_spool_cannot_be_read(
    target, settings, folder
):
    config = target.config(**settings, max_rejects=-1)
    messages = [*orders(3), record("orders", id=3, email=None), state("all")]
    run = subprocess.run(
        [sys.executable, "-c", SPOILS, "--config", config],
        input=lines(messages),
        capture_output=True,
        env=clean_environment(),
        cwd=target.folder,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, b'"all"\n'), run.stderr
    assert len(rows_in(folder)) == 3
    assert len(target.rejected()) == 1
    assert b"delivered 3, already delivered 0, rejected 1" in run.stderr
    with closing(sqlite3.connect(folder / SPOOL)) as spool:  # no run has it locked
        spool.execute("ALTER TABLE spoiled RENAME TO claims")
    assert "already delivered 3" in target.run(orders(3), **settings).log


def test_a_spool_that_cannot_be_read_is_closed(tmp_path):
    spool, again = FileSpool(tmp_path), "ALTER TABLE spoiled RENAME TO claims"
    spool._database.execute("ALTER TABLE claims RENAME TO spoiled")
    spool.close()
    with closing(sqlite3.connect(spool.path)) as database:  # no run has it locked
        database.execute(again)
    FileSpool(tmp_path).close()
