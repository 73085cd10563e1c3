#!/usr/bin/env bash
# Behaviour: with `method: batch_job` z3-target-bigquery loads in worker threads. A load job that fails
#   goes back into the queue, behind the mark that ends the worker, and is not tried again. The STATE is
#   passed on and the status is 0, although not one row is in the table. Here the account may not create
#   jobs (403). Count rows after each run.
# Version: z3-target-bigquery 0.7.2 (singer-sdk 0.22.1, google-cloud-bigquery 3.47.0)
# Source: target_bigquery/batch_job.py: BatchJobWorker.run; target_bigquery/target.py: drain_all
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check z3-target-bigquery==0.7.2 \
  singer-sdk==0.22.1 google-cloud-bigquery==3.47.0 cryptography 'setuptools<82'

# The part of BigQuery's API that the target calls; its answers are set below.
cat > bigquery.py <<'PYTHON'
import http.server
import json
import sys

class BigQuery(http.server.BaseHTTPRequestHandler):
    tables = {}

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        print(self.command, path, flush=True)
        status, reply = 200, {}
        if path == "/token":
            reply = {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
        elif path.startswith("/upload/"):
            status, reply = 403, {"error": {"code": 403, "message": "no permission", "errors": [{"reason": "accessDenied"}]}}
        elif path.endswith("/insertAll"):
            if b'"bad"' in body:
                reply = {"insertErrors": [{"index": 0, "errors": [{"reason": "invalid", "message": "refused"}]}]}
        elif path.endswith("/tables"):
            reply = json.loads(body)
            self.tables[reply["tableReference"]["tableId"]] = reply
        elif "/tables/" in path:
            reply = self.tables.get(path.rpartition("/")[2])
            if reply is None:
                status, reply = 404, {"error": {"code": 404, "message": "not found"}}
        elif "/datasets/" in path:
            reply = {"datasetReference": {"projectId": "p", "datasetId": "d"}}
        text = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BigQuery)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PYTHON
venv/bin/python bigquery.py > requests.txt &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do [[ -s port.new ]] && break; sleep 0.1; done
port=$(< port.new)
export BIGQUERY_EMULATOR_HOST=http://127.0.0.1:$port NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export GOOGLE_APPLICATION_CREDENTIALS=$work/account.json
venv/bin/python - "$port" > account.json <<'PYTHON'
import json
import sys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

key = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
account = {"type": "service_account", "project_id": "p", "client_email": "loader@example.com"}
account |= {"private_key": key.decode(), "token_uri": f"http://127.0.0.1:{sys.argv[1]}/token"}
print(json.dumps(account))
PYTHON
cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1}}
{"type": "STATE", "value": {"day": "2026-08-01"}}
INPUT
echo "{\"credentials_path\": \"$work/account.json\", \"project\": \"p\", \"dataset\": \"d\", \"method\": \"batch_job\", \"denormalized\": false}" > config.json
status=0
venv/bin/target-bigquery --config config.json < input.jsonl > state.txt 2> log.txt || status=$?

venv/bin/pip show z3-target-bigquery | grep '^Version'
echo "requests, each to /upload/ answered with 403:"
grep -v token requests.txt
echo "status $status; STATE: $(cat state.txt)"
if [[ $status == 0 && -s state.txt ]] && grep -q '/upload/.*/jobs' requests.txt; then
  echo "as described"
else
  echo "changed: the failed load job fails the run"
  exit 1
fi
