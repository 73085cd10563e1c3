"""Alerts of `examples/airflow`: a wrong address ends nothing, and is in no log.

Airflow itself is not installed here: two of its modules are stand-ins.
"""

from __future__ import annotations

import logging
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ALERTS = Path(__file__).parents[2] / "examples" / "airflow" / "dags" / "clevertap_alerts.py"
CONTEXT = {
    "ti": SimpleNamespace(
        dag_id="clevertap.shop-in.out",
        task_id="run",
        try_number=1,
        xcom_pull=lambda **_: {"out": "gap"},
    )
}


@pytest.mark.parametrize(
    "address",
    [
        "hooks.example.com/secret",
        "http://[secret",
        "http://127.0.0.1:secret/",
        "http://127.0.0.1:1/secret",
        "",
        None,
    ],
)
def test_a_wrong_address_ends_nothing_and_is_in_no_log(monkeypatch, caplog, address):
    caplog.set_level(logging.DEBUG)
    sdk, exceptions = ModuleType("airflow.sdk"), ModuleType("airflow.sdk.exceptions")
    sdk.Connection = SimpleNamespace(get=lambda _: SimpleNamespace(password=address))
    exceptions.AirflowNotFoundException = LookupError
    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", sdk)
    monkeypatch.setitem(sys.modules, "airflow.sdk.exceptions", exceptions)
    runpy.run_path(str(ALERTS))["succeeded"](CONTEXT)
    assert 'has a gap, try 1: {"out": "gap"}' in caplog.text
    assert "the webhook failed" in caplog.text
    assert "secret" not in caplog.text
