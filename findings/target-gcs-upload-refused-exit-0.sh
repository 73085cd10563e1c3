#!/usr/bin/env bash
# Behaviour: target-gcs writes through a handle that it never closes, so the upload begins when the
#   interpreter ends, after the STATE was passed on. When the bucket refuses it (here 403, a role that
#   may read but not write) the run ends with status 0 and its STATE, and no object was written.
#   Check the objects after each run.
# Version: target-gcs 1.2.3 (singer-sdk 0.40.0, smart-open 6.4.0, google-cloud-storage 2.19.0)
# Source: target_gcs/sinks.py: gcs_write_handle, process_record
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check target-gcs==1.2.3 singer-sdk==0.40.0 \
  smart-open==6.4.0 google-cloud-storage==2.19.0 'setuptools<82'

# A bucket that can be read, but not written to.
cat > refuse.py <<'PYTHON'
import http.server

class Refuse(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        print(self.command, self.path.partition("?")[0], flush=True)
        body = b'{"name": "analytics", "error": {"code": 403, "message": "no permission"}}'
        self.send_response(200 if self.command == "GET" else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PYTHON
venv/bin/python refuse.py > requests.txt &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [[ -s port.new ]] && break; sleep 0.1; done
port=$(< port.new)
export STORAGE_EMULATOR_HOST=http://127.0.0.1:$port NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1}}
{"type": "STATE", "value": {"day": "2026-08-01"}}
INPUT
echo '{"bucket_name": "analytics"}' > config.json
status=0
venv/bin/target-gcs --config config.json < input.jsonl > state.txt 2> log.txt || status=$?

venv/bin/pip show target-gcs | grep '^Version'
echo "requests, each POST answered with 403:"
cat requests.txt
echo "status $status; STATE: $(cat state.txt); lines of the log with an error: $(grep -c -E 'ERROR|CRITICAL' log.txt || true)"
if [[ $status == 0 && -s state.txt ]] && grep -q POST requests.txt; then
  echo "as described"
else
  echo "changed: the refused upload fails the run"
  exit 1
fi
