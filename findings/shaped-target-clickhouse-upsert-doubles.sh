#!/usr/bin/env bash
# Behaviour: shaped-target-clickhouse takes the setting `load_method: upsert` and appends all the same:
#   a row that is sent again is there twice, under one primary key. No warning, status 0.
#   Set `engine_type: ReplacingMergeTree` with `optimize_after: true`, or read with FINAL.
# Version: shaped-target-clickhouse 0.2.5 (singer-sdk 0.36.1), ClickHouse engine 26.9 (chdb 4.4.0)
# Source: target_clickhouse/sinks.py: ClickhouseSink.bulk_insert_records (no upsert);
#   target_clickhouse/connectors.py: allow_merge_upsert
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check shaped-target-clickhouse==0.2.5 \
  singer-sdk==0.36.1 clickhouse-sqlalchemy==0.3.2 sqlalchemy==2.0.58 'setuptools<82' chdb==4.4.0

# ClickHouse's own engine, as a library, behind its HTTP interface.
cat > clickhouse.py <<'PYTHON'
import http.server
from chdb import session

engine = session.Session()

class ClickHouse(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        statement = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            status, body = 200, engine.query(statement, "TabSeparatedWithNamesAndTypes").bytes() or b""
        except Exception as error:
            status, body = 500, str(error).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), ClickHouse)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PYTHON
venv/bin/python clickhouse.py > server.txt 2>&1 &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 600); do [[ -s port.new ]] && break; sleep 0.1; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
settings="\"driver\": \"http\", \"host\": \"127.0.0.1\", \"port\": $(< port.new), \"username\": \"default\", \"password\": \"\", \"database\": \"default\", \"secure\": false, \"add_record_metadata\": false"
sql() { venv/bin/python -c "import sys, urllib.request as u; print(u.urlopen(u.Request('http://127.0.0.1:$(< port.new)/', data=sys.argv[1].encode(), method='POST'), timeout=30).read().decode(), end='')" "$1"; }
echo "{$settings, \"load_method\": \"upsert\"}" > config.json
for plan in silver gold; do
  printf '%s\n' \
    '{"type": "SCHEMA", "stream": "profiles", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "plan": {"type": "string"}}}}' \
    "{\"type\": \"RECORD\", \"stream\": \"profiles\", \"record\": {\"id\": 1, \"plan\": \"$plan\"}}" \
    '{"type": "STATE", "value": {"id": 1}}' |
    venv/bin/target-clickhouse --config config.json > state.txt 2> log.txt
done
rows=$(sql 'select id, plan from profiles order by plan' | tail -n +3 | tr '\t\n' ' ;')

venv/bin/pip show shaped-target-clickhouse | grep '^Version'
echo "two runs with upsert, silver then gold; rows: $rows"
if [[ $rows == '1 gold;1 silver;' ]]; then
  echo "as described"
else
  echo "changed: the row is replaced, or the setting refused"
  exit 1
fi
