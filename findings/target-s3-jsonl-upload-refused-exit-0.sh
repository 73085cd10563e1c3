#!/usr/bin/env bash
# Behaviour: target-s3-jsonl hands its uploads to threads and never asks for their results. When the
#   store refuses one (here: the bucket's name is misspelt), there is no message, the STATE is passed
#   on and the status is 0. The rows stay in a file of the temporary folder, which a container loses.
#   Check the objects after each run.
# Version: target-s3-jsonl 2.0.1 (target-core 0.0.7, boto3 1.24.91)
# Source: target_s3_json/s3.py: upload_thread
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  target-s3-jsonl==2.0.1 target-core==0.0.7 boto3==1.24.91

# A store with the one bucket `analytics`, which keeps the body of the last upload.
cat > store.py <<'PYTHON'
import http.server

class Store(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        known = self.path.startswith("/analytics/")
        print("PUT", self.path, flush=True)
        if known:
            with open("body.txt", "wb") as file:
                file.write(body)
        text = b"" if known else b"<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PYTHON
venv/bin/python store.py > requests.txt &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do [[ -s port.new ]] && break; sleep 0.1; done
port=$(< port.new)
export AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1}}
{"type": "STATE", "value": {"day": "2026-08-01"}}
INPUT
mkdir temporary
echo "{\"s3_bucket\": \"analytcs\", \"aws_endpoint_url\": \"http://127.0.0.1:$port\", \"work_dir\": \"$work/temporary\"}" > config.json
status=0
venv/bin/target-s3-jsonl --config config.json < input.jsonl > state.txt 2> log.txt || status=$?

venv/bin/pip show target-s3-jsonl | grep '^Version'
echo "status $status; STATE: $(cat state.txt); lines in the log: $(wc -l < log.txt)"
echo "requests, answered with 404 NoSuchBucket: $(cat requests.txt)"
if [[ $status == 0 && -s state.txt && ! -s log.txt ]] && grep -q '^PUT /analytcs/' requests.txt; then
  echo "as described"
else
  echo "changed: the refused upload is reported"
  exit 1
fi
