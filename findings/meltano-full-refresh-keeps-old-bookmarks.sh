#!/usr/bin/env bash
# Behaviour: `meltano run --full-refresh` starts the tap without a state, but merges the new STATE into
#   the old one. Bookmarks that the tap did not send again come back, for example of a stream that was
#   renamed or of an export that no longer exists. The next run finds them as if nothing had happened.
#   Clear the state first: meltano state clear.
# Version: meltano 4.4.1
# Source: meltano/core/plugin/singer/target.py (BookmarkWriter) and meltano/core/state_store/base.py:
#   MeltanoState.json_merged
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
printf '#!/usr/bin/env bash\nsed "s/.*\\"value\\": \\(.*\\)}$/\\\\1/"\n' > target.sh
chmod +x tap.sh target.sh
seen=
for stream in old new; do
  echo "{\"type\": \"STATE\", \"value\": {\"bookmarks\": {\"$stream\": 1}}}" > input.jsonl
  venv/bin/meltano run --full-refresh tap-lines target-lines > log.txt 2>&1
  seen=$(venv/bin/meltano state get dev:tap-lines-to-target-lines 2> log.txt)
  echo "after a full refresh that sent only the bookmark of $stream: $seen"
done

venv/bin/pip show meltano | grep '^Version'
if [[ $seen == *old*new* || $seen == *new*old* ]]; then
  echo "as described"
else
  echo "changed: the old bookmark is gone"
  exit 1
fi
