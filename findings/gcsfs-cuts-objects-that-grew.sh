#!/usr/bin/env bash
# Behaviour: gcsfs remembers the sizes of a listing. When an object is replaced by a longer one, open()
#   and read() return the new bytes cut at the old size, without an error. A file that is uploaded
#   twice, first in part and then whole, loses its end. cat_file() of the same object is whole.
#   Make the file system with use_listings_cache=False.
# Version: gcsfs 2026.10.1 (gcp-storage-emulator 2026.7.19)
# Source: gcsfs/core.py: GCSFile; fsspec/spec.py: AbstractBufferedFile, DirCache
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  gcsfs==2026.10.1 gcp-storage-emulator==2026.7.19 'setuptools<80'

port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export STORAGE_EMULATOR_HOST=http://127.0.0.1:$port GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
venv/bin/gcp-storage-emulator start --host 127.0.0.1 --port "$port" --in-memory --default-bucket exports > emulator.log 2>&1 &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
seen=$(venv/bin/python - <<'PYTHON'
import os
import time
import urllib.error
import urllib.request
import gcsfs

for _ in range(300):
    try:
        urllib.request.urlopen(os.environ["STORAGE_EMULATOR_HOST"] + "/storage/v1/b/exports", timeout=5)
        break
    except (urllib.error.URLError, ConnectionError):
        time.sleep(0.1)

def upload(body):
    address = os.environ["STORAGE_EMULATOR_HOST"] + "/upload/storage/v1/b/exports/o?uploadType=media&name=day.json"
    urllib.request.urlopen(urllib.request.Request(address, data=body, method="POST"), timeout=5)

for name, options in {"by default": {}, "use_listings_cache=False": {"use_listings_cache": False}}.items():
    store = gcsfs.GCSFileSystem(token="anon", project="p", skip_instance_cache=True, **options)
    upload(b"1\n2\n")
    store.ls("exports", detail=True)
    upload(b"1\n2\n3\n4\n")
    with store.open("exports/day.json") as file:
        print(name, "open:", file.read(), "cat_file:", store.cat_file("exports/day.json"))
PYTHON
)

venv/bin/pip show gcsfs | grep '^Version'
echo "$seen"
if [[ $seen == *"by default open: b'1\\n2\\n' cat_file: b'1\\n2\\n3\\n4\\n'"*"False open: b'1\\n2\\n3\\n4\\n'"* ]]; then
  echo "as described"
else
  echo "changed: the whole object is read, or an error is raised"
  exit 1
fi
