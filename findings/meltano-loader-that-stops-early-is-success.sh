#!/usr/bin/env bash
# Behaviour: when a loader ends with status 0 while the tap still waits for its next page, `meltano run`
#   stops the tap and reports success with status 0. Here the loader takes 10 of 3,000 rows and leaves.
#   Loaders that treat a signal or a full batch as a good end lose the rest of each run.
#   A loader must not end with 0 before the end of its input; compare row counts after a run.
# Version: meltano 4.4.1
# Source: meltano/core/block/extract_load.py: ExtractLoadBlocks.run, ELBExecutionManager
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check meltano==4.4.1
export MELTANO_SEND_ANONYMOUS_USAGE_STATS=false MELTANO_CLI_DISABLE_VERSION_CHECK=1 NO_COLOR=1
cat > meltano.yml <<PROJECT
version: 1
default_environment: dev
environments:
- name: dev
plugins:
  extractors:
  - name: tap-lines
    namespace: tap_lines
    executable: $work/tap.sh
    capabilities: [state]
  loaders:
  - name: target-lines
    namespace: target_lines
    executable: $work/target.sh
PROJECT
printf '#!/usr/bin/env bash\ncat %q\n' "$work/input.jsonl" > tap.sh
cat > tap.sh <<'TAP'
#!/usr/bin/env bash
echo '{"type": "SCHEMA", "stream": "events", "key_properties": [], "schema": {"properties": {"id": {"type": "integer"}}}}'
for page in $(seq 0 29); do
  for row in $(seq 100); do echo "{\"type\": \"RECORD\", \"stream\": \"events\", \"record\": {\"id\": $((page * 100 + row))}}"; done
  sleep 0.3
done
TAP
printf '#!/usr/bin/env bash\nhead -n 11 | grep RECORD > %q\n' "$work/loaded.jsonl" > target.sh
chmod +x tap.sh target.sh
status=0
venv/bin/meltano run tap-lines target-lines > log.txt 2>&1 || status=$?

venv/bin/pip show meltano | grep '^Version'
echo "rows sent: 3000; loaded: $(wc -l < loaded.jsonl); status $status"
if [[ $status == 0 && $(wc -l < loaded.jsonl) == 10 ]]; then
  echo "as described"
else
  echo "changed: the run fails"
  exit 1
fi
