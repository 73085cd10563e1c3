"""What a run may not use more of: files and connections."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.target_process import orders

RECORDS = 3000


def stored(target):
    return Counter(each["evtData"]["id"] for each in target.delivered())


@pytest.mark.parametrize("most", [12, 16, 20, 24, 32, 40])
def test_too_few_descriptors_end_the_run_with_advice_or_suffice(target, most):
    target.faults({"match": {"kind": "upload"}, "action": {"delay": 0.05}})
    settings = {"batch_size_rows": 50}
    first = target.run(orders(RECORDS), limits={"NOFILE": most}, speed=20, **settings)
    assert "Traceback" not in first.log
    done = first.states[-1]["orders"] if first.states else 0
    assert set(range(done)) <= set(stored(target))
    if first.status:
        assert first.status == 1
        assert "ulimit -" in first.log.splitlines()[-1], first.log
    else:
        assert done == RECORDS
    assert target.run(orders(RECORDS), **settings).status == 0
    assert stored(target) == Counter(range(RECORDS))
    assert not target.rejects.exists()
