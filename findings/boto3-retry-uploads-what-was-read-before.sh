#!/usr/bin/env bash
# Behaviour: put_object(Body=file) uploads an open file from where it is, for example after its header
#   was read. When S3 answers 503 and boto3 tries again, it goes back to the beginning of the file, not
#   to that place: the object then has what was read before, too, and put_object returns normally.
#   Amazon S3 refuses it only by the checksum, which request_checksum_calculation=when_required leaves
#   out. upload_fileobj() is right. Use it, or put_object(Body=file.read()).
# Version: boto3 1.44.8 (botocore 1.44.8)
# Source: botocore/awsrequest.py: AWSPreparedRequest.reset_stream, "seek to the object's initial position"
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check boto3==1.44.8 botocore==1.44.8

export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 AWS_EC2_METADATA_DISABLED=true
seen=$(venv/bin/python - <<'PYTHON'
import http.server
import threading
import boto3
from botocore.config import Config

state = {"busy": 0, "stored": b"", "checksum": None}

class Storage(http.server.BaseHTTPRequestHandler):
    """Put Object: busy for the first requests, then it keeps what it gets."""
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        state["stored"] = self.rfile.read(int(self.headers["Content-Length"]))
        state["checksum"] = self.headers.get("x-amz-checksum-crc32")
        status, state["busy"] = (503, state["busy"] - 1) if state["busy"] else (200, 0)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open("day.csv", "wb") as file:
    file.write(b"header\nrow 1\nrow 2\n")
for calculation in ("when_supported", "when_required"):
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="us-east-1",
        aws_access_key_id="any", aws_secret_access_key="any",
        config=Config(request_checksum_calculation=calculation),
    )
    for call in ("put_object", "upload_fileobj"):
        for busy in (0, 1):
            state["busy"] = busy
            with open("day.csv", "rb") as file:
                file.readline()
                if call == "put_object":
                    client.put_object(Bucket="exports", Key="day.csv", Body=file)
                else:
                    client.upload_fileobj(file, "exports", "day.csv")
            print(f"{calculation} {call}, {busy} times 503: {state['stored']} checksum {state['checksum']}")
PYTHON
)

venv/bin/pip show boto3 | grep '^Version'
echo "$seen"
rows="b'row 1\\nrow 2\\n'" whole="b'header\\nrow 1\\nrow 2\\n'"
if [[ $seen == *"when_required put_object, 0 times 503: $rows checksum None"* \
   && $seen == *"when_required put_object, 1 times 503: $whole checksum None"* \
   && $seen == *"when_required upload_fileobj, 1 times 503: $rows checksum None"* ]]; then
  echo "as described"
else
  echo "changed: the second request sends what the first one sent"
  exit 1
fi
