#!/usr/bin/env bash
# Behaviour: target-s3-jsonl does not know BATCH messages. It skips them with one warning, passes on the
#   STATE that follows and ends with status 0, so the files of the tap's whole run are never loaded and
#   never sent again. The classic template is built like this; target-sqlite of the SDK does the same.
#   Leave `batch_config` out unless the target's documentation lists BATCH.
# Version: target-s3-jsonl 2.0.1 (target-core 0.0.7, boto3 1.24.91)
# Source: target/stream.py: Loader.writelines (in the package target-core)
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
echo '{"id": 1}' > batch.jsonl
cat > input.jsonl <<INPUT
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "BATCH", "stream": "events", "encoding": {"format": "jsonl", "compression": "none"}, "manifest": ["file://$work/batch.jsonl"]}
{"type": "STATE", "value": {"day": "2026-08-01"}}
INPUT
echo "{\"s3_bucket\": \"analytics\", \"aws_endpoint_url\": \"http://127.0.0.1:$port\", \"work_dir\": \"$work\"}" > config.json
status=0
venv/bin/target-s3-jsonl --config config.json < input.jsonl > state.txt 2> log.txt || status=$?
objects=$(wc -l < requests.txt)

venv/bin/pip show target-s3-jsonl | grep '^Version'
echo "status $status; STATE: $(cat state.txt); requests to the store: $objects"
if [[ $status == 0 && -s state.txt && $objects == 0 ]]; then
  echo "as described"
else
  echo "changed: BATCH is loaded or refused"
  exit 1
fi
