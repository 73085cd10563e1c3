#!/usr/bin/env bash
# Behaviour: with the extra format-nongpl, each import of jsonschema builds a parser of IRIs, also
#   where no schema is checked. That alone takes a program on singer-sdk more than twice the time to
#   start. Tools that bring the extra, such as cyclonedx-bom, belong into an environment of their own.
# Version: jsonschema 4.26.0, rfc3987-syntax 1.1.0, lark 1.3.1, singer-sdk 0.54.9
# Source: rfc3987_syntax/syntax_helpers.py makes syntax_parser when jsonschema/_format.py imports it
# First seen: 2026-11-29
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for name in plain formats; do
  python3 -m venv "$name"
  "$name"/bin/pip install --quiet --disable-pip-version-check jsonschema==4.26.0 singer-sdk==0.54.9
done
formats/bin/pip install --quiet --disable-pip-version-check \
  'jsonschema[format-nongpl]==4.26.0' rfc3987-syntax==1.1.0 lark==1.3.1

cat > start.py <<'END'
import sys
import time

import singer_sdk

print(time.process_time(), "lark" in sys.modules)
END
cat > compare.py <<'END'
import statistics
import subprocess
from importlib.metadata import version

for package in ("jsonschema", "rfc3987-syntax", "lark", "singer-sdk"):
    print(package, version(package))


def start(name):
    found = subprocess.run([f"{name}/bin/python", "start.py"], capture_output=True, check=True, text=True)
    seconds, parser = found.stdout.split()
    return float(seconds), parser == "True"


runs = {"plain": [], "formats": []}
for _ in range(6):
    for name, times in runs.items():
        times.append(start(name))
seconds = {name: statistics.median(each for each, _ in times[1:]) for name, times in runs.items()}
parsers = {name: any(parser for _, parser in times) for name, times in runs.items()}
ratio = seconds["formats"] / seconds["plain"]
print(f"import singer_sdk: {ratio:.1f} times the processor time with the formats; parsers {parsers}")
raise SystemExit(not (ratio > 2 and parsers == {"plain": False, "formats": True}))
END
if formats/bin/python compare.py; then
  echo "as described"
else
  echo "changed: the formats no longer slow an import"
  exit 1
fi
