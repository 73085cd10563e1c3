#!/usr/bin/env bash
# Behaviour: a `--state-id-suffix` with a slash (team/eu) works in the run, but with the state backend on
#   files the state is one folder deeper than `meltano state list` and `meltano state clear --all`
#   look. They report nothing and clear nothing, with status 0, so a backup misses it and a reset keeps
#   the old bookmark. Use a suffix without slashes.
# Version: meltano 4.4.1
# Source: meltano/core/state_store/filesystem.py: get_state_dir, get_state_ids, clear_all
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
export MELTANO_STATE_BACKEND_URI="file://$work/states"
echo '{"type": "STATE", "value": {"bookmarks": {"events": "2026-08-01"}}}' > input.jsonl
printf '#!/usr/bin/env bash\nsed "s/.*\\"value\\": \\(.*\\)}$/\\\\1/"\n' > target.sh
chmod +x tap.sh target.sh
venv/bin/meltano run --state-id-suffix team/eu tap-lines target-lines > log.txt 2>&1
listed=$(venv/bin/meltano state list 2> log.txt)
venv/bin/meltano state clear --all --force > log.txt 2>&1
kept=$(venv/bin/meltano state get dev:tap-lines-to-target-lines:team/eu 2> log.txt)

venv/bin/pip show meltano | grep '^Version'
echo "meltano state list: '${listed//$'\n'/ }'"
echo "meltano state get after clear --all: $kept"
if [[ $listed != *team* && $kept == *2026-08-01* ]]; then
  echo "as described"
else
  echo "changed: the state is listed or cleared"
  exit 1
fi
