"""The setting `query` arrives whole from `meltano.yml` and from an environment variable."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.integration.tap.odd_server import pages, rows, serving
from tests.support.plugin_process import run_meltano

DAYS = {"from": 20260801, "to": 20260831}
QUERY = {
    "event_properties": [{"name": "First time", "value": True}],
    "advanced_query": {
        "did_all": [{"event_name": "Charged", **DAYS, "operator": "gte", "value": 3}],
        "did_none": [{"event_name": "Charged", **DAYS, "event_properties": []}],
    },
}


def invoke(server, folder, config, **environment):
    """Run the tap in a project of its own."""
    settings = [{"name": name} for name in server.config()]
    extractor = {
        "name": "tap-clevertap",
        "namespace": "tap_clevertap",
        "executable": "tap-clevertap",
        "capabilities": ["catalog", "discover", "state"],
        "settings": [*settings, {"name": "query", "kind": "object"}],
        "config": {**server.config(), **config},
        "select": ["events.*", "profiles.*"],
    }
    project = {
        "default_environment": "dev",
        "environments": [{"name": "dev"}],
        "send_anonymous_usage_stats": False,
        "project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c53",
        "plugins": {"extractors": [extractor]},
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(project, sort_keys=False))
    return run_meltano(folder, "invoke", "tap-clevertap", **environment)


@pytest.mark.parametrize("way", ["yaml", "variable"])
def test_a_query_arrives_whole(tmp_path, way):
    with serving(pages(rows(0, 3))) as server:
        if way == "variable":
            run = invoke(server, tmp_path, {}, TAP_CLEVERTAP_QUERY=json.dumps(QUERY))
        else:
            run = invoke(server, tmp_path, {"query": QUERY})
    assert run.returncode == 0, run.stderr
    assert server.questions
    own = {"event_name", "from", "to", "unique", "groups"}
    for _, question in server.questions:
        sent = {key: question[key] for key in question if key not in own}
        assert sent == json.loads(json.dumps(QUERY).replace("true", '"True"'))
