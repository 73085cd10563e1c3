"""What causes each symptom of the page for troubleshooting: a fault, a setting, or a machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.certificates import Certificates
from tests.support.launcher import lent_launcher
from tests.support.plugin_process import BIN, tap_command, tap_config, write_json
from tests.support.run_output import clean_environment
from tests.support.target_process import (
    ORDERS_RULE,
    TargetProcess,
    order,
    orders,
    record,
    schema,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = "2026-08-30"
TAP = {"timezone": "Asia/Kolkata", "start_date": "2026-08-29", "end_date": DAY}
QUIET = {
    "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
    "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
    "NO_COLOR": "1",
}
PROJECT = """
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - name: tap-clevertap
    namespace: tap_clevertap
    executable: tap-clevertap
    capabilities: [catalog, discover, state]
    settings: [{name: account_id}, {name: passcode}, {name: api_url}]
  loaders:
  - name: target-clevertap
    namespace: target_clevertap
    executable: target-clevertap
    settings: [{name: account_id}, {name: passcode}, {name: api_url}]
"""
ONE_EVENT = {"events": ["Charged"]}
SPEED = 10
"""Of the clocks: pauses of the tap take a tenth of their time."""
CAUSES: dict[str, list[Callable[[World], str]]] = {}
"""By the heading of the symptom, in the order of the lines that the page quotes."""


def causes(heading: str) -> Callable[[Callable[[World], str]], Callable[[World], str]]:
    """Register what causes a symptom of the page."""

    def register(cause: Callable[[World], str]) -> Callable[[World], str]:
        CAUSES.setdefault(heading, []).append(cause)
        return cause

    return register


@dataclass
class World:
    """An emulator, a folder, and the two plugins; each cause returns what was logged."""

    emulator: Any
    start: Any
    folder: Path

    def tap(self, *, state: Any = None, emulator: Any = None, **settings: Any) -> Any:
        """Run the tap on the two closed days of the history."""
        environment = settings.pop("environment", {})
        config = tap_config(emulator or self.emulator, **{**TAP, **ONE_EVENT, **settings})
        _, *given = tap_command(config, state=state)
        with lent_launcher("tap-clevertap") as launcher:
            launcher.start(*given, speed=SPEED, cwd=self.folder, **environment)
            return launcher.wait(60)

    def plain(self, output: Any) -> str:
        """Run the tap with its standard output at an open file."""
        config = write_json(tap_config(self.emulator, **TAP, **ONE_EVENT))
        command = [BIN / "tap-clevertap", "--config", config]
        environment = clean_environment()
        ended = subprocess.run(
            command, stdout=output, stderr=subprocess.PIPE, check=False, env=environment, text=True
        )
        assert ended.returncode == 1
        return ended.stderr

    def meltano(self, **environment: str) -> subprocess.Popen[str]:
        """Start a pipeline of Meltano from this emulator to itself."""
        (self.folder / "meltano.yml").write_text(PROJECT)
        credentials = {"ACCOUNT_ID": "TEST-000-0000", "PASSCODE": "emulator"}
        credentials["API_URL"] = self.emulator.url
        given = {f"TAP_CLEVERTAP_{name}": value for name, value in credentials.items()}
        given |= {f"TARGET_CLEVERTAP_{name}": value for name, value in credentials.items()}
        return subprocess.Popen(
            [BIN / "meltano", "run", "tap-clevertap", "target-clevertap"],
            cwd=self.folder,
            env=clean_environment(**QUIET, **given, **environment),
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    @property
    def target(self) -> TargetProcess:
        """Return a target with files of its own in the folder."""
        return TargetProcess(self.emulator, self.folder)


@causes("Fewer rows than in the dashboard")
def fewer_rows(world: World) -> str:
    world.emulator.rows("Charged", 20260829, hide=1)
    return world.tap().log


@causes("More rows than in the dashboard")
def more_rows(world: World) -> str:
    world.emulator.rows("Charged", 20260829, repeat=1)
    return world.tap().log


@causes("An event is not there at all")
def an_event_is_missing(world: World) -> str:
    return world.tap(events=["Charged", "Notification Viewed"]).log


@causes("A name of an event is refused")
def unknown_event(world: World) -> str:
    return world.tap(events=["charged"]).log


@causes("401")
def unauthorized(world: World) -> str:
    return world.tap(passcode="wrong").log


@causes("0 rows, and no error")
def nothing(world: World) -> str:
    silent = world.start(days=1, users=5, events_per_day=1, unknown_credentials="silent")
    return world.tap(emulator=silent, passcode="wrong", events=None).log


@causes("Wrong day, or hours off")
def no_zone(world: World) -> str:
    return world.tap(timezone=None).log


@causes("Wrong day, or hours off")
def other_zone(world: World) -> str:
    return world.tap(timezone="UTC", state=world.tap().state).log


@causes("The state is refused")
def other_account(world: World) -> str:
    return world.tap(account_id="ANOTHER-1", state=world.tap().state).log


@causes("The run waits")
def waits(world: World) -> str:
    world.emulator.faults([{"match": {"kind": "page"}, "action": {"reset_code2": 9}}])
    return world.tap(not_ready_patience=1, verify_counts="off").log


@causes("The host cannot be reached")
def unreachable(world: World) -> str:
    return world.tap(api_url="http://127.0.0.1:9").log


@causes("Certificates")
def certificate(world: World) -> str:
    made = Certificates(world.folder)
    with_tls = world.start(days=1, users=5, events_per_day=1, **made.self_signed)
    return world.tap(emulator=with_tls).log


@causes("Proxies")
def proxy(world: World) -> str:
    return world.tap(
        api_url="https://in1.api.clevertap.com", environment={"HTTPS_PROXY": "proxy:none"}
    ).log


@causes("A setting has no effect")
def unknown_setting(world: World) -> str:
    return world.tap(start_dat="2026-08-01").log


@causes("The run failed with exit status 3")
def rejects(world: World) -> str:
    messages = [schema("users", {"email": {}, "Phone": {}}, ["email"])]
    messages += [
        record("users", email=f"u{n}@example.org", Phone="12" if n == 3 else None) for n in range(9)
    ]
    return world.target.run([*messages, state({"a": 1})]).log


@causes("A customer got an event twice")
def twice(world: World) -> str:
    world.emulator.faults([{"match": {"kind": "upload", "number": 1}, "action": {"cut": "after"}}])
    return world.target.run(orders(5)).log


@causes("Everything is sent again")
def again(world: World) -> str:
    return world.target.run(orders(5)).log


@causes("Everything is sent again")
def changed(world: World) -> str:
    target = world.target
    target.run(orders(5))
    rule = {"type": "event", "event": "Bought", "identity": "email", "time": "created_at"}
    return target.run(orders(5), streams={"orders": rule}).log


@causes("A stream has no rule")
def no_rule(world: World) -> str:
    return world.target.run(orders(5), streams={}).log


@causes("The first records are all refused")
def all_refused(world: World) -> str:
    bad = [order(n, email=None) for n in range(30)]
    return world.target.run([orders(0)[0], *bad], batch_size_rows=5).log


@causes("A rule does nothing")
def never_came(world: World) -> str:
    return world.target.run(orders(5)).log


@causes("A property is missing since a column was renamed")
def renamed_column(world: World) -> str:
    came = orders(5)
    for each in came[1:]:
        each.get("record", {}).pop("total", None)
    rule = {**ORDERS_RULE, "properties": {"Amount": "total"}}
    return world.target.run(came, streams={"orders": rule}).log


@causes("Users exist twice")
def wrong_identity(world: World) -> str:
    return world.target.run(orders(300), new_profile_limit=0.5).log


@causes("A variable has no effect")
def unread_variable(world: World) -> str:
    return world.target.run(orders(5), environment={"TARGET_CLEVERTAP_DRY_RUN": "local"}).log


@causes("Users are not deleted")
def deletes(world: World) -> str:
    rule = {"type": "delete", "identity": "email"}
    return world.target.run(orders(5), streams={"orders": rule}).log


@causes("An event stream without a bookmark is refused")
def no_bookmark(world: World) -> str:
    messages = [{**orders(0)[0], "bookmark_properties": []}, order(1)]
    return world.target.run(messages, ledger_path="").log


@causes("A line of the input cannot be read")
def broken_line(world: World) -> str:
    return world.target.run(b'{"type": "RECORD"\n').log


@causes("A stream map fails")
def compared_without_offset(world: World) -> str:
    read = "datetime.datetime.fromisoformat"
    compares = f"{read}(created_at) < {read}('2026-09-01T00:00:00')"
    came = [*orders(0), order(1, created_at=f"{DAY}T00:00:00+00:00")]
    return world.target.run(came, stream_maps={"orders": {"__filter__": compares}}).log


@causes("The ledger is in use")
def in_use(world: World) -> str:
    target = world.target
    running = target.start()
    try:
        while b"the ledger is" not in running.stderr.readline():
            pass
        return target.run(orders(5)).log
    finally:
        running.kill()
        running.communicate()


@causes("The ledger cannot be used")
def other_ledger(world: World) -> str:
    (world.folder / "ledger.sqlite").write_text("not a ledger")
    return world.target.run(orders(5)).log


@causes("The state is refused")
def cut_state(world: World) -> str:
    return world.tap(state="").log


@causes("The disk is full")
def full_disk(world: World) -> str:
    with Path("/dev/full").open("w") as full:
        return world.plain(full)


@causes("The target went away")
def target_went_away(world: World) -> str:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        return world.plain(closed)


@causes("Meltano reports another run in progress")
def another_run(world: World) -> str:
    world.emulator.faults([{"match": {"kind": "schema"}, "action": {"delay": 60}}])
    with_programs = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    killed = world.meltano(**with_programs)
    deadline = time.monotonic() + 60
    while not world.emulator.fired()[0]:
        assert time.monotonic() < deadline, "the tap asks nothing"
        time.sleep(0.1)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    return world.meltano(**with_programs).communicate(timeout=60)[1]


@causes("The command is not found")
def not_found(world: World) -> str:
    return world.meltano(PATH="/usr/bin:/bin").communicate(timeout=60)[1]
