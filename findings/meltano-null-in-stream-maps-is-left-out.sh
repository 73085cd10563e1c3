#!/usr/bin/env bash
# Behaviour: the Singer SDK's stream maps take null as "remove this property", or this stream. Meltano
#   takes null in meltano.yml as "not set" and leaves the entry out of the plugin's configuration, so
#   the property or stream that was to be removed is loaded, without a warning. The other
#   entries arrive. Write __NULL__ instead, which the SDK reads as null.
# Version: meltano 4.4.1
# Source: meltano/core/plugin/singer/base.py: SingerPlugin.process_config; SDK documentation, "Stream
#   Maps": Removing a single stream or property
# First seen: 2026-11-26
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
  - name: tap-show
    namespace: tap_show
    executable: $work/show.sh
    config:
      stream_maps:
        people:
          name: name.upper()
          email: null
          phone: __NULL__
        orders: null
PROJECT
printf '#!/usr/bin/env bash\nwhile [[ $1 != --config ]]; do shift; done\ncp "$2" %q\n' "$work/given.json" > show.sh
chmod +x show.sh
venv/bin/meltano invoke tap-show > log.txt 2>&1
seen=$(venv/bin/python -c 'import json; print(json.dumps(json.load(open("given.json")), sort_keys=True))')

venv/bin/pip show meltano | grep '^Version'
echo "the plugin got: $seen"
if [[ $seen == '{"stream_maps": {"people": {"name": "name.upper()", "phone": "__NULL__"}}}' ]]; then
  echo "as described"
else
  echo "changed: the plugin gets the null"
  exit 1
fi
