#!/usr/bin/env bash
# Behaviour: with `batch_config` and a storage root that is a path with a space (or `ü`, `#`, `?`), a tap of
#   the Singer SDK names its files by a URL with escapes (`%20`). A target of the SDK takes the URL as it
#   is: it makes a folder whose name has `%20` in it, and does not find the file. A root that is a URL is
#   not escaped, and works. So `%20` in a name may be a space or itself.
# Version: singer-sdk 0.54.9
# Source: singer_sdk/helpers/_batch.py: StorageTarget.get_url escapes, split_url and from_url do not undo it;
#   StorageTarget._fs makes the folder
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
mkdir "batch files"
echo "{\"batch_config\": {\"encoding\": {\"format\": \"jsonl\", \"compression\": \"gzip\"}, \"storage\": {\"root\": \"$work/batch files\"}}}" > config.json
venv/bin/python -c 'from people import TapPeople; TapPeople.cli()' --config config.json > messages.jsonl 2> log.txt
status=0
venv/bin/python -c 'from people import TargetPeople; TargetPeople.cli()' < messages.jsonl > loaded.txt 2> target.txt || status=$?

venv/bin/pip show singer-sdk | grep '^Version'
echo "the message: $(grep '"BATCH"' messages.jsonl)"
echo "files: $(ls "batch files")"
echo "status of the target: $status, $(grep -o 'FileNotFoundError' target.txt | tail -1)"
echo "folders now: $(ls -d batch*)"
if grep -q 'batch%20files/' messages.jsonl && [[ $status != 0 && -d "batch%20files" ]]; then
  echo "as described"
else
  echo "changed: the target finds the file by the name in the message"
  exit 1
fi
