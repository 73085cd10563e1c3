#!/usr/bin/env bash
# Behaviour: with `batch_config` and the compression `none` a tap of the Singer SDK writes gzip all the
#   same, and its BATCH message says `none`. A target of the SDK reads the file as text, and ends with
#   a decoding error. Ask for `gzip`, or find out by the first two bytes of a file.
# Version: singer-sdk 0.54.9
# Source: singer_sdk/contrib/batch_encoder_jsonl.py: JSONLinesBatcher.get_batches, with its own remark
#   "Determine compression from config"; singer_sdk/sinks/core.py: process_batch_files believes the message
# First seen: 2026-11-28
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check singer-sdk==0.54.9

cat > people.py <<'PYTHON'
from singer_sdk import BatchSink, Stream, Tap, Target
from singer_sdk import typing as th


class People(Stream):
    name = "people"
    primary_keys = ("id",)
    schema = th.PropertiesList(th.Property("id", th.IntegerType)).to_dict()

    def get_records(self, context):
        yield {"id": 1}


class TapPeople(Tap):
    name = "tap-people"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self):
        return [People(self)]


class PeopleSink(BatchSink):
    def process_batch(self, context):
        print("loaded", context["records"])


class TargetPeople(Target):
    name = "target-people"
    default_sink_class = PeopleSink
    config_jsonschema = th.PropertiesList().to_dict()
PYTHON
mkdir batches
echo "{\"batch_config\": {\"encoding\": {\"format\": \"jsonl\", \"compression\": \"none\"}, \"storage\": {\"root\": \"file://$work/batches\"}}}" > config.json
venv/bin/python -c 'from people import TapPeople; TapPeople.cli()' --config config.json > messages.jsonl 2> log.txt
status=0
venv/bin/python -c 'from people import TargetPeople; TargetPeople.cli()' < messages.jsonl > loaded.txt 2> target.txt || status=$?

venv/bin/pip show singer-sdk | grep '^Version'
echo "the message: $(grep '"BATCH"' messages.jsonl)"
start=$(head -c 2 batches/* | od -An -tx1)
echo "the first bytes of the file:$start"
echo "status of the target: $status, $(grep -o 'UnicodeDecodeError.*\|JSONDecodeError.*' target.txt | tail -1)"
if grep -q '"compression":"none"' messages.jsonl && [[ $start == " 1f 8b" && $status != 0 ]]; then
  echo "as described"
else
  echo "changed: the file is as its message says, or the target reads it"
  exit 1
fi
