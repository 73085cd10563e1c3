#!/usr/bin/env bash
# Behaviour: the SCHEMA of an open object may leave `properties` out, and the Singer SDK passes such a
#   column on as it is. In a list of such objects it looks for `properties` all the same, and the
#   run of the tap ends with KeyError: 'properties' at the first record whose list is not empty.
#   Give the items `"properties": {}` and `"additionalProperties": true`.
# Version: singer-sdk 0.54.9
# Source: singer_sdk/helpers/_typing.py: _conform_uniform_list, _conform_record_data_types
# First seen: 2026-11-28
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check singer-sdk==0.54.9

cat > tap_people.py <<'PYTHON'
import sys
from singer_sdk import Stream, Tap

OPEN = {"type": "object", "additionalProperties": True}
KINDS = {
    "object": (OPEN, {"os": "iOS"}),
    "empty": ({"type": "array", "items": OPEN}, []),
    "list": ({"type": "array", "items": OPEN}, [{"os": "iOS"}]),
    "repaired": ({"type": "array", "items": {**OPEN, "properties": {}}}, [{"os": "iOS"}]),
}
SCHEMA, VALUE = KINDS[sys.argv.pop(1)]

class People(Stream):
    name = "people"
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, "devices": SCHEMA}}

    def get_records(self, context):
        yield {"id": 1, "devices": VALUE}

class TapPeople(Tap):
    name = "tap-people"
    config_jsonschema = {"type": "object", "properties": {}}

    def discover_streams(self):
        return [People(self)]

TapPeople.cli()
PYTHON
echo '{}' > config.json
seen=
for kind in object empty list repaired; do
  status=0
  venv/bin/python tap_people.py "$kind" --config config.json > "$kind.jsonl" 2> "$kind.log" || status=$?
  seen+="$kind: status $status, records $(grep --count '"RECORD"' "$kind.jsonl" || true); "
done

venv/bin/pip show singer-sdk | grep '^Version'
echo "$seen"
tail -n 1 list.log
if [[ $seen == "object: status 0, records 1; empty: status 0, records 1; list: status 1, records 0; repaired: status 0, records 1; " ]] &&
  [[ $(tail -n 1 list.log) == *"KeyError: 'properties'"* ]]; then
  echo "as described"
else
  echo "changed: a list of open objects is passed on, or fails otherwise"
  exit 1
fi
