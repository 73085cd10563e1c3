#!/usr/bin/env bash
# Behaviour: Meltano reads and writes states through floating point. A bookmark of a numeric column,
#   20240801.123456786, comes back as 20240801.123456787: above its row, so a tap that
#   asks for greater or equal leaves out rows between the two. Others come back lower.
#   Keep bookmarks as text, or use a timestamp or an integer as the replication key.
# Version: meltano 4.4.1
# Source: meltano/core/state_service.py: StateService.add_state; meltano/core/state_store/base.py:
#   MeltanoState.json
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
echo '{"type": "STATE", "value": {"bookmarks": {"orders": {"replication_key_value": 20240801.123456786}}}}' > input.jsonl
printf '#!/usr/bin/env bash\nsed "s/.*\\"value\\": \\(.*\\)}$/\\\\1/"\n' > target.sh
chmod +x tap.sh target.sh
venv/bin/meltano run tap-lines target-lines > log.txt 2>&1
seen=$(venv/bin/meltano state get dev:tap-lines-to-target-lines 2> log.txt)

venv/bin/pip show meltano | grep '^Version'
echo "sent: 20240801.123456786; kept: $seen"
if [[ $seen == *20240801.123456787* ]]; then
  echo "as described"
else
  echo "changed: the number is kept as it was sent"
  exit 1
fi
