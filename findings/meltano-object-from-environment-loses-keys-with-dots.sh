#!/usr/bin/env bash
# Behaviour: a setting of kind `object` may come as JSON in an environment variable. An entry whose key
#   holds a dot never reaches the plugin: no error, no warning, status 0. The other entries arrive.
#   Write a backslash before the dot ("shop\\.orders" in JSON); then the key arrives with its dot.
# Version: meltano 4.4.1
# Source: meltano/core/plugin/singer/base.py: SingerPlugin.process_config
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check meltano==4.4.1
export MELTANO_SEND_ANONYMOUS_USAGE_STATS=false MELTANO_CLI_DISABLE_VERSION_CHECK=1

cat > print-config <<'EOF'
#!/bin/sh
cat "$2"
EOF
chmod +x print-config
cat > meltano.yml <<'EOF'
default_environment: dev
environments: [{name: dev}]
project_id: 00000000-0000-4000-8000-000000000001
plugins:
  loaders:
  - name: target-print
    namespace: target_print
    executable: ./print-config
    settings:
    - {name: tables, kind: object}
EOF

export TARGET_PRINT_TABLES='{"orders": {"key": "id"}, "shop.orders": {"key": "id"}}'
status=0
venv/bin/meltano invoke target-print > config.json 2> log || status=$?
venv/bin/meltano --version
echo "given:    $TARGET_PRINT_TABLES"
echo "arrives:  $(venv/bin/python -c 'import json; print(json.dumps(json.load(open("config.json"))["tables"]))')"
echo "status:   $status; lines of the log that name the key: $(grep -c 'shop' log || true)"

if [[ $status == 0 ]] && grep -q '"orders"' config.json && ! grep -q 'shop' config.json log; then
  echo "as described"
else
  echo "changed: the entry arrives, or something is logged about it"
  exit 1
fi
