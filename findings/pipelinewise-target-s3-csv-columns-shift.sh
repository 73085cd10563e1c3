#!/usr/bin/env bash
# Behaviour: pipelinewise-target-s3-csv flattens each record by its own content, but writes the header of
#   the first record only. A later record with other properties in an object is written in its own order
#   of columns: here an amount is under plan. The file stays well formed, status 0.
#   Make JSON text of open objects with a stream map in the tap before this target.
# Version: pipelinewise-target-s3-csv 2.0.0 (its bound Python < 3.11 is passed over, as uv does)
# Source: target_s3_csv/__init__.py: persist_messages; target_s3_csv/utils.py: flatten_record
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check --ignore-requires-python \
  pipelinewise-target-s3-csv==2.0.0 boto3==1.17.39

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
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "event_props": {"type": ["object", "null"], "additionalProperties": true}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "event_props": {"plan": "gold", "price": 100}}}
{"type": "RECORD", "stream": "events", "record": {"id": 2, "event_props": {"amount": 300, "price": 200}}}
{"type": "STATE", "value": {"id": 2}}
INPUT
mkdir temporary
echo "{\"s3_bucket\": \"analytics\", \"aws_endpoint_url\": \"http://127.0.0.1:$port\", \"temp_dir\": \"$work/temporary\"}" > config.json
status=0
venv/bin/target-s3-csv --config config.json < input.jsonl > state.txt 2> log.txt || status=$?
tr -d '\r' < body.txt > object.csv

venv/bin/pip show pipelinewise-target-s3-csv | grep '^Version'
echo "status $status; the object:"
cat object.csv
if [[ $status == 0 && $(< object.csv) == $'event_props__plan,event_props__price,id\ngold,100,1\n300,200,2' ]]; then
  echo "as described"
else
  echo "changed: the second row fits the header"
  exit 1
fi
