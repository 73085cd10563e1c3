#!/bin/sh
# Refuses to run without a volume: the next run would read and deliver everything again.
set -eu
data=/data
if ! mountpoint -q "$data"; then
  echo "entrypoint: $data is not a volume, so state, ledger and rejects would be lost;" \
    "run the image with --volume clevertap-data:$data" >&2
  exit 78
fi
if ! [ -w "$data" ]; then
  echo "entrypoint: user $(id -u) may not write into $data; give it the folder:" \
    "chown $(id -u):$(id -g), or fsGroup in Kubernetes" >&2
  exit 78
fi
exec meltano "$@" # exec: the signals go to Meltano
