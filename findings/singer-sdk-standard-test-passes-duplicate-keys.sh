#!/usr/bin/env bash
# Behaviour: the Singer SDK's standard test `primary_keys` is to show that all records of a stream have
#   unique keys. It compares generator objects, of which no two are equal, instead of the keys, so a
#   tap whose two records have the same key passes all tests. A key that is null is still found.
#   Compare the keys in a test of your own.
# Version: singer-sdk 0.54.9 (also 0.55.0b7)
# Source: singer_sdk/testing/tap_tests.py: StreamPrimaryKeysTest.test
# First seen: 2026-11-26
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check 'singer-sdk[testing]==0.54.9'

cat > test_tap.py <<'PYTHON'
import json
import os
from singer_sdk import Stream, Tap
from singer_sdk.testing import get_tap_test_class

class People(Stream):
    name = "people"
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": {"type": ["integer", "null"]}}}

    def get_records(self, context):
        for key in json.loads(os.environ["KEYS"]):
            yield {"id": key}

class TapPeople(Tap):
    name = "tap-people"
    config_jsonschema = {"type": "object", "properties": {}}

    def discover_streams(self):
        return [People(self)]

TestTap = get_tap_test_class(TapPeople, config={})
PYTHON
result() {
  KEYS=$1 venv/bin/python -m pytest -q -p no:cacheprovider -k primary_keys test_tap.py > log.txt 2>&1 && echo passed || echo failed
}
unique=$(result '[1, 2]')
equal=$(result '[1, 1]')
null=$(result '[1, null]')

venv/bin/pip show singer-sdk | grep '^Version'
echo "keys 1, 2: $unique; keys 1, 1: $equal; keys 1, null: $null"
if [[ "$unique $equal $null" == "passed passed failed" ]]; then
  echo "as described"
else
  echo "changed: the test fails where keys are equal"
  exit 1
fi
