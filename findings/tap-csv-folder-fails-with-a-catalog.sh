#!/usr/bin/env bash
# Behaviour: tap-csv-folder reads its files without a catalog, and ends with an AttributeError when it
#   is given the catalog that its own --discover wrote. Meltano gives one to every tap that has the
#   capability `catalog`, so `meltano run` fails; leave `catalog` and `discover` out of `capabilities`.
# Version: tap-csv-folder 0.0.1a1 with singer-sdk of its own choice
# Source: the package's page shows the capabilities catalog and discover
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check tap-csv-folder==0.0.1a1

mkdir data
printf 'id,plan\na,gold\nb,free\n' > data/people.csv
echo '{"path": "data", "read_mode": "one_stream_per_file"}' > config.json
export PYTHONWARNINGS=ignore
venv/bin/tap-csv-folder --config config.json > plain.singer 2> plain.log
venv/bin/tap-csv-folder --config config.json --discover > catalog.json 2> discover.log
status=0
venv/bin/tap-csv-folder --config config.json --catalog catalog.json > given.singer 2> given.log || status=$?
plain=$(grep -c '"RECORD"' plain.singer || true)
given=$(grep -c '"RECORD"' given.singer || true)

venv/bin/pip show tap-csv-folder singer-sdk | grep -E '^(Name|Version)'
echo "without a catalog:    $plain of 2 rows"
echo "with its own catalog: $given of 2 rows, exit status $status"
tail -n 1 given.log
if [[ $plain == 2 && $given == 0 && $status != 0 ]]; then
  echo "as described"
else
  echo "changed: it reads with its own catalog"
  exit 1
fi
