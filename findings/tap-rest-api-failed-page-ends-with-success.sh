#!/usr/bin/env bash
# Behaviour: when any page but the first answers with an error, tap-rest-api logs it, takes the page for
#   empty and so for the last one. It writes its STATE and ends with status 0. Here page 2 of 3 fails:
#   2 of 5 rows arrive. With an API that sends the newest rows first, the bookmark then passes over
#   the rows of the failed pages for good. Use paging by token, which raises, and count rows.
# Version: tap-rest-api 0.2.22
# Source: tap_rest_api/sync.py: Sync._drain_pages
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check tap-rest-api==0.2.22

cat > api.py <<'PYTHON'
import http.server
import json
import urllib.parse

ROWS = [{"id": number, "at": f"2026-08-0{9 - number}T00:00:00"} for number in range(1, 6)]

class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = int(urllib.parse.parse_qs(self.path.partition("?")[2])["page"][0])
        status = 500 if page == 2 else 200
        print(status, self.path, flush=True)
        body = json.dumps(ROWS[(page - 1) * 2 : page * 2]).encode() if status == 200 else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PYTHON
venv/bin/python api.py > requests.txt &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do [[ -s port.new ]] && break; sleep 0.1; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cat > config.json <<CONFIG
{"url": "http://127.0.0.1:$(< port.new)/orders?page={current_page_one_base}&since={start_datetime}", "streams": "orders", "schema_dir": "$work/schemas", "catalog_dir": "$work/catalogs", "auth_method": "no_auth", "items_per_page": 2, "datetime_keys": {"orders": "at"}, "start_datetime": "2026-01-01T00:00:00", "end_datetime": "2026-09-01T00:00:00", "assume_sorted": false}
CONFIG
mkdir schemas catalogs
echo '{"type": "object", "properties": {"id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}}}' > schemas/orders.json
echo '{"streams": [{"stream": "orders", "tap_stream_id": "orders", "key_properties": ["id"], "schema": {"type": "object", "selected": true, "properties": {"id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}}}, "metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]}]}' > catalogs/orders.json
status=0
venv/bin/tap-rest-api --config config.json --catalog catalogs/orders.json > out.jsonl 2> log.txt || status=$?

venv/bin/pip show tap-rest-api | grep '^Version'
cat requests.txt
echo "rows in the API: 5; sent: $(grep -c '"RECORD"' out.jsonl || true); status $status"
grep '"STATE"' out.jsonl || tail -n 5 log.txt
if [[ $status == 0 && $(grep -c '"RECORD"' out.jsonl) == 2 ]] && grep -q '"STATE"' out.jsonl; then
  echo "as described"
else
  echo "changed: the failed page fails the run"
  exit 1
fi
