"""Signals to all processes of a `meltano run`: a little of what `make chaos` does."""

from __future__ import annotations

import re
from pathlib import Path

from tap_clevertap.tap import LAST_SECONDS, STOP_SECONDS
from target_clevertap.target import GRACE_SECONDS
from tests.support.chaos_tries import while_in_flight
from verification.chaos.cases_meltano import signalled
from verification.chaos.disturbances import OF_MELTANO

RECORDS = 10_000
EXAMPLES = Path(__file__).parents[2] / "examples"
GRACES = {
    "container/compose.yml": r"stop_grace_period: (\d+)s",
    "container/README.md": r"docker stop -t (\d+)`",
    "kubernetes/cronjob.yml": r"terminationGracePeriodSeconds: (\d+)",
    "kubernetes/README.md": r"`terminationGracePeriodSeconds: (\d+)`",
}
"""How long each gives a run between SIGTERM and SIGKILL."""


def test_a_signal_to_the_process_group_neither_loses_nor_doubles():
    tally = while_in_flight(lambda place, name: signalled(place, len(OF_MELTANO), name, RECORDS))
    assert set(tally.dealt) == set(OF_MELTANO)
    assert tally.states
    assert not tally.lost + tally.doubled + tally.ahead


def test_the_examples_give_a_run_much_longer_than_its_plugins_take():
    longest = max(GRACE_SECONDS, STOP_SECONDS + LAST_SECONDS)
    given = {
        int(re.search(pattern, (EXAMPLES / name).read_text())[1])
        for name, pattern in GRACES.items()
    }
    assert len(given) == 1
    assert min(given) > 2 * longest
