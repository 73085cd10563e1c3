"""Each rule of docs/record-kinds.md works as it is printed."""

from __future__ import annotations

import pytest
import yaml

from tests.support.pages import every
from tests.support.target_process import record, schema

BLOCKS = [yaml.safe_load(each.text) for each in every("docs/record-kinds.md", "yaml")]
RULES = {name: rule for block in BLOCKS for name, rule in block.items() if name != "config"}
PHONE, MOMENT = "+4915112345678", "2026-03-01"
ROWS = {
    "devices": {
        "clevertap_id": "a6",
        "push_token": "t",
        "service": "chrome",
        "browser_key": "k",
        "browser_secret": "s",
    },
    "opt_outs": {"phone": PHONE, "wants_messages": False},
    "unsubscribed_mail": {"email": "anna@example.org", "unsubscribed": True},
    "returned_numbers": {"phone": PHONE},
    "erasure_requests": {"customer_id": "4711"},
    "users": {"customer_id": "4711", "_sdc_deleted_at": MOMENT},
}


def test_there_is_a_row_for_each_rule():
    assert RULES.keys() == ROWS.keys()


@pytest.mark.parametrize("stream", ROWS)
def test_a_printed_rule_does_what_it_is_for(target, emulator, stream):
    row = ROWS[stream]
    messages = [
        schema(stream, {"id": {}, **{column: {} for column in row}}),
        record(stream, id=1, **row),
    ]
    settings = {"confirm_deletes": True, "deletes_path": str(target.folder / "deletes.jsonl")}
    done = target.run(messages, streams={stream: RULES[stream]}, **settings)
    assert done.status == 0, done.log
    calls = emulator.calls()
    found = {
        "devices": calls["tokens"].get("a6"),
        "opt_outs": calls["subscribed"].get(f"phone:{PHONE}"),
        "unsubscribed_mail": calls["subscribed"].get("email:anna@example.org"),
        "returned_numbers": [each["value"] for each in calls["disassociated"]],
        "erasure_requests": [each["value"] for each in calls["deleted"]],
        "users": [each["value"] for each in calls["deleted"]],
    }
    assert (
        found[stream]
        == {
            "devices": "chrome:t",
            "opt_outs": "Unsubscribe",
            "unsubscribed_mail": "Unsubscribe",
            "returned_numbers": [PHONE],
            "erasure_requests": ["4711"],
            "users": ["4711"],
        }[stream]
    )


def test_the_printed_settings_are_known():
    (settings,) = [block["config"] for block in BLOCKS if "config" in block]
    assert settings.keys() == {"confirm_deletes", "deletes_path"}
