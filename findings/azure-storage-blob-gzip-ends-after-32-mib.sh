#!/usr/bin/env bash
# Behaviour: download_blob() unpacks a blob with Content-Encoding: gzip, and counts the unpacked bytes
#   as if they were bytes of the blob. A blob of more than 32 MiB is asked for in parts; the first one
#   unpacks to more than the blob's size, so no other part is asked for. readall(), readinto(), read()
#   and chunks() end in the middle of the data, without an error. A smaller blob is whole.
#   Download with decompress=False, and unpack it then.
# Version: azure-storage-blob 12.31.1 (azure-core 1.41.0)
# Source: azure/storage/blob/_download.py: StorageStreamDownloader._initial_request and read take
#   len() of the unpacked part for a place in the blob; requests unpacks a cut part without an error
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  azure-storage-blob==12.31.1 azure-core==1.41.0

export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
seen=$(venv/bin/python - <<'PYTHON'
import gzip
import http.server
import random
import re
import threading
from azure.storage.blob import BlobClient

def lines_of(count):
    number = random.Random(7)
    return b"".join(b'{"id": %d, "pad": "%s"}\n' % (each, number.randbytes(40).hex().encode()) for each in range(count))

BLOBS = {"small": lines_of(100_000), "large": lines_of(900_000)}
STORED = {name: gzip.compress(lines, 1) for name, lines in BLOBS.items()}

class Storage(http.server.BaseHTTPRequestHandler):
    """Get Blob: a range of the stored bytes, with the headers that the service sends."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        stored = STORED[self.path.rsplit("/", 1)[1]]
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["x-ms-range"]).groups())
        part = stored[first : last + 1]
        self.send_response(206)
        for name, value in {
            "Content-Length": len(part), "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(stored)}",
            "Content-Encoding": "gzip", "Content-Type": "application/json", "ETag": '"0x1"',
            "x-ms-blob-type": "BlockBlob", "x-ms-version": "2026-02-06",
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage)
threading.Thread(target=server.serve_forever, daemon=True).start()
for name, lines in BLOBS.items():
    blob = BlobClient.from_blob_url(f"http://127.0.0.1:{server.server_port}/account/exports/{name}")
    unpacked = blob.download_blob().readall()
    chunks = b"".join(blob.download_blob().chunks())
    raw = gzip.decompress(blob.download_blob(decompress=False).readall())
    got = [each.count(b"\n") for each in (unpacked, chunks, raw)]
    print(f"{name}: {len(STORED[name])} bytes stored, {lines.count(b'{')} lines; "
          f"readall {got[0]}, chunks {got[1]}, decompress=False {got[2]}; a beginning: {lines.startswith(unpacked)}")
PYTHON
)

venv/bin/pip show azure-storage-blob | grep '^Version'
echo "$seen"
if [[ $seen == *"100000 lines; readall 100000, chunks 100000, decompress=False 100000"* \
   && $seen == *"900000 lines; readall 6"*", chunks 6"*", decompress=False 900000; a beginning: True" ]]; then
  echo "as described"
else
  echo "changed: the large blob is whole, or an error is raised"
  exit 1
fi
