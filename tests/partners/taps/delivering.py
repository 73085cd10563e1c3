"""A published tap into target-clevertap: two processes, and an emulator that keeps what comes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.partners.partner import Ended
from tests.partners.taps.shop import compared_orders, compared_people
from tests.support.plugin_process import BIN, write_json
from tests.support.run_output import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from tests.partners.comparison import Comparison
    from tests.partners.partner import Partner

RUN_SECONDS = 180


@dataclass
class Delivering:
    """One tap, its catalog, and a target that keeps its ledger between runs."""

    tap: Partner
    config: dict[str, Any]
    emulator: Emulator
    folder: Path
    target_config: dict[str, Any]
    catalog: dict[str, Any] | None = None
    state: dict[str, Any] | None = None
    logs: list[str] = field(default_factory=list)

    def discover(self, *streams: str, key: str = "", method: str = "FULL_TABLE") -> None:
        """Select more streams, with all their columns."""
        catalog = json.loads(self.tap.run(self.config, "--discover").output)
        chosen = [each for each in catalog["streams"] if each["tap_stream_id"] in streams]
        assert len(chosen) == len(streams), [each["tap_stream_id"] for each in catalog["streams"]]
        replication = {"replication-method": method} | ({"replication-key": key} if key else {})
        for stream in chosen:
            for each in stream["metadata"]:
                each["metadata"]["selected"] = True
                if not each["breadcrumb"]:
                    each["metadata"].update(replication)
            stream.update({name.replace("-", "_"): value for name, value in replication.items()})
        before = [] if self.catalog is None else self.catalog["streams"]
        self.catalog = {"streams": [*before, *chosen]}

    def read(self) -> bytes:
        """Run the tap from the last state; return its messages."""
        arguments = ["--catalog", write_json(self.catalog)] if self.catalog else []
        if self.state is not None:
            arguments += ["--state", write_json(self.state)]
        return self.tap.run(self.config, *arguments, folder=self.folder).output

    def run(self, *, expected: int = 0) -> Ended:
        """Run tap and target; keep the state that the target passes on."""
        return self.deliver(self.read(), expected=expected)

    def deliver(self, messages: bytes, *, expected: int = 0) -> Ended:
        """Give messages to the target."""
        ended = deliver(self.emulator, self.folder, self.target_config, messages)
        assert ended.status == expected, ended.log
        if ended.states:
            self.state = ended.states[-1]
        return ended

    def compared(self, people: list[Any], orders: list[Any]) -> list[Comparison]:
        """Compare all that the emulator holds with rows of the source."""
        stored = {
            kind: [each["record"] for each in self.emulator.uploads(kind=kind)[kind]]
            for kind in ("profiles", "events")
        }
        return [
            compared_people(people, stored["profiles"]),
            compared_orders(orders, stored["events"]),
        ]


def deliver(emulator: Emulator, folder: Path, config: dict[str, Any], messages: bytes) -> Ended:
    """Run target-clevertap over messages to its end."""
    settings = {
        "account_id": emulator.account_id,
        "passcode": emulator.passcode,
        "api_url": emulator.url,
    }
    finished = subprocess.run(
        [str(BIN / "target-clevertap"), "--config", write_json(config | settings)],
        input=messages,
        capture_output=True,
        check=False,
        cwd=folder,
        env=clean_environment(),
        timeout=RUN_SECONDS,
    )
    return Ended(finished.returncode, finished.stderr.decode(), finished.stdout)
