#!/usr/bin/env bash
# Behaviour: with `batch_config` a tap of the Singer SDK writes its batch files from the records as they
#   were read: `stream_maps` are not applied, and columns that the catalog leaves out are in the files.
#   The SCHEMA before them is the mapped one. Hashed addresses come as they are, next to a SCHEMA
#   without the deselected column. Set no `batch_config` where columns are mapped or left out.
# Version: singer-sdk 0.54.9 (also 0.55.0b7)
# Source: singer_sdk/streams/core.py: get_batches, which takes _sync_records(write_messages=False);
#   maps and selection are applied in _write_record_message
# First seen: 2026-11-26
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check singer-sdk==0.54.9

cat > tap_people.py <<'PYTHON'
from singer_sdk import Stream, Tap
from singer_sdk import typing as th

class People(Stream):
    name = "people"
    primary_keys = ("id",)
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType),
        th.Property("email", th.StringType),
        th.Property("note", th.StringType),
    ).to_dict()

    def get_records(self, context):
        yield {"id": 1, "email": "ann@example.com", "note": "private"}

class TapPeople(Tap):
    name = "tap-people"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self):
        return [People(self)]

TapPeople.cli()
PYTHON
venv/bin/python tap_people.py --discover 2> log.txt | venv/bin/python -c '
import json, sys
catalog = json.load(sys.stdin)
for entry in catalog["streams"][0]["metadata"]:
    entry["metadata"]["selected"] = entry["breadcrumb"] != ["properties", "note"]
json.dump(catalog, sys.stdout)' > catalog.json
maps='"stream_maps": {"people": {"email": "sha256(email)"}}'
echo "{$maps}" > plain.json
echo "{$maps, \"batch_config\": {\"encoding\": {\"format\": \"jsonl\", \"compression\": \"gzip\"}, \"storage\": {\"root\": \"file://$work/batches\"}}}" > batches.json
mkdir batches
record=$(venv/bin/python tap_people.py --config plain.json --catalog catalog.json 2> log.txt | grep '"RECORD"')
schema=$(venv/bin/python tap_people.py --config batches.json --catalog catalog.json 2> log.txt | grep '"SCHEMA"')
row=$(gunzip --stdout batches/*.gz)

venv/bin/pip show singer-sdk | grep '^Version'
echo "without batch_config: $record"
echo "with batch_config: $schema"
echo "in the batch file: $row"
if [[ $record != *ann@* && $record != *private* && $schema != *note* && $row == *ann@example.com*private* ]]; then
  echo "as described"
else
  echo "changed: the batch file holds what the RECORD holds"
  exit 1
fi
