"""How a run ends when its last batch fails."""

from __future__ import annotations

import io
import time

import pytest

from target_clevertap.delivery.lane_threads import LaneThreads
from target_clevertap.errors import UploadStopped
from target_clevertap.target import TargetCleverTap
from tests.support.target_process import ORDERS_RULE, lines, orders


def test_a_run_does_not_end_well_before_its_last_error_is_known(target, monkeypatch):
    fail = LaneThreads.fail

    def late(delivery, error):
        time.sleep(0.5)
        fail(delivery, error)

    monkeypatch.setattr(LaneThreads, "fail", late)
    target.faults({"match": {"kind": "upload"}, "action": {"status": 401}})
    program = TargetCleverTap(
        config={
            "account_id": target.emulator.account_id,
            "passcode": target.emulator.passcode,
            "api_url": target.emulator.url,
            "rejects_path": str(target.rejects),
            "ledger_path": str(target.ledger),
            "streams": {"orders": ORDERS_RULE},
        }
    )
    with pytest.raises(UploadStopped, match="401"):
        program.run(io.BytesIO(lines(orders(3))))
