"""What Meltano reads by the `select` of each definition: no further stream, and typed ones too."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from meltano.core.plugin.singer.catalog import MetadataExecutor, select_metadata_rules

from tap_clevertap.config.schema import FURTHER_STREAMS
from tap_clevertap.tap import TapCleverTap
from tests.hub.test_definitions import in_hub
from tests.support.pages import block
from tests.support.plugin_process import tap_config, write_json

ROOT = Path(__file__).parents[2]
PROJECTS = sorted([ROOT / "meltano.yml", *ROOT.glob("examples/*/meltano.yml")])


@pytest.fixture(scope="module", params=["single", "per_event"])
def catalog(request, start_emulator_for_module, tap_launcher):
    """Return the catalog of a layout."""
    emulator = start_emulator_for_module(days=1, users=5, events_per_day=5)
    config = write_json(tap_config(emulator, stream_layout=request.param))
    tap_launcher.start("--config", config, "--discover")
    status, log = tap_launcher.ended()
    assert status == 0, log
    return json.loads("\n".join(tap_launcher.lines()))


def selections():
    """Return the `select` of each definition of the tap."""
    yield pytest.param(in_hub("extractors", TapCleverTap)["select"], id="hub")
    page = yaml.safe_load(block("docs/typed-streams.md", "Changes", "yaml"))
    yield pytest.param(page["select"], id="page")
    for path in PROJECTS:
        for plugin in yaml.safe_load(path.read_text())["plugins"]["extractors"]:
            if plugin["name"] == "tap-clevertap":
                yield pytest.param(plugin.get("select", ["*.*"]), id=path.parent.name)


@pytest.mark.parametrize("patterns", [*selections()])
def test_events_and_profiles_are_selected_in_both_layouts(catalog, patterns):
    chosen = deepcopy(catalog)
    rules = [*select_metadata_rules(["!*.*"]), *select_metadata_rules(patterns)]
    MetadataExecutor(rules).visit(chosen)
    selected = {
        stream["tap_stream_id"]
        for stream in chosen["streams"]
        if next(each for each in stream["metadata"] if not each["breadcrumb"])["metadata"][
            "selected"
        ]
    }
    every = {stream["tap_stream_id"] for stream in chosen["streams"]}
    assert selected == every - set(FURTHER_STREAMS)
    assert "events" in selected or "event_charged" in selected
