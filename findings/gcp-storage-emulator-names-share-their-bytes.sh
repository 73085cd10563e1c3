#!/usr/bin/env bash
# Behaviour: names of objects that differ only in slashes at their beginning, or in a backslash for a
#   slash, are listed as several objects, each with its own size and MD5, but have the same bytes: a
#   write to `/day.json` replaces those of `day.json`. In Google Cloud Storage they are different
#   objects. A test with such names sees data that no bucket has. Use other names in tests.
# Version: gcp-storage-emulator 2026.7.19 (google-cloud-storage 3.17.1)
# Source: gcp_storage_emulator/storage.py: Storage._object_path
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  gcp-storage-emulator==2026.7.19 google-cloud-storage==3.17.1

export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
seen=$(venv/bin/python - <<'PYTHON'
import logging
import os
from gcp_storage_emulator.server import create_server
from google.cloud import storage

logging.disable()
server = create_server("127.0.0.1", 0, in_memory=True, default_bucket="exports")
server.start()
os.environ["STORAGE_EMULATOR_HOST"] = f"http://127.0.0.1:{server._api._httpd.server_port}"
bucket = storage.Client(project="any").bucket("exports")
for name, content in {"day.json": "monday", "/day.json": "sun", "a/b": "slash", r"a\b": "back", "a.b": "dot"}.items():
    bucket.blob(name).upload_from_string(content)
for blob in bucket.list_blobs():
    print(f"{blob.name}: listed with {blob.size} bytes, has {blob.download_as_bytes(checksum=None).decode()}")
server.stop()
PYTHON
)

venv/bin/pip show gcp-storage-emulator | grep '^Version'
echo "$seen"
if [[ $seen == *"a.b: listed with 3 bytes, has dot"* && $seen == *"a/b: listed with 5 bytes, has back"* \
   && $seen == *$'\n'"day.json: listed with 6 bytes, has sun"* ]]; then
  echo "as described"
else
  echo "changed: each object has its own bytes"
  exit 1
fi
