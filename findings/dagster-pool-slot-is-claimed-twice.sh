#!/usr/bin/env bash
# Behaviour: a pool of Dagster with one slot gives it to two steps that ask at the same moment, with
#   the default storage, SQLite. The storage reads the free slot, then writes its holder, in two
#   statements: both processes read it as free. Two schedules of one time can meet so. Hold a lock
#   of your own for what must not run twice.
# Version: dagster 1.13.29
# Source: dagster/_core/storage/event_log/sql_event_log.py, claim_concurrency_slot
# First seen: 2026-11-29
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check dagster==1.13.29
venv/bin/python -c 'from importlib.metadata import version; print("dagster", version("dagster"))'

mkdir home
printf 'concurrency:\n  pools:\n    default_limit: 1\ntelemetry:\n  enabled: false\n' > home/dagster.yaml
export DAGSTER_HOME="$work/home"
venv/bin/dagster instance migrate > migrate.log 2>&1

cat > claim.py <<'END'
"""Two processes claim the one slot of a pool, and free it, in 100 rounds."""

import multiprocessing
from collections import Counter

from dagster import DagsterInstance

POOL, ROUNDS = "account", 100


def claim(number, together, claims):
    with DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        for each in range(ROUNDS):
            run = f"{number}-{each}"
            together.wait(60)
            status = storage.claim_concurrency_slot(POOL, run, "step")
            claims.put((each, status.is_claimed))
            together.wait(60)
            storage.free_concurrency_slot_for_step(run, "step")
            together.wait(60)


if __name__ == "__main__":
    with DagsterInstance.get() as instance:
        instance.event_log_storage.set_concurrency_slots(POOL, 1)
    context = multiprocessing.get_context("spawn")
    together, claims = context.Barrier(2), context.Queue()
    processes = [context.Process(target=claim, args=(each, together, claims)) for each in (1, 2)]
    for process in processes:
        process.start()
    holders = Counter()
    for _ in range(2 * ROUNDS):
        each, is_claimed = claims.get(timeout=60)
        holders[each] += is_claimed
    for process in processes:
        process.join()
    print(sum(count == 2 for count in holders.values()), "rounds of 100 with two holders")
END
found=$(venv/bin/python claim.py)
echo "$found"
if [ "${found%% *}" -gt 0 ]; then
  echo "as described"
else
  echo "changed: the slot has one holder"
  exit 1
fi
