#!/bin/sh
# Run a command as in a container: pod.sh ROOT IMAGE-FOLDER COMMAND…, in a namespace of its own.
# MOUNTS has a line for each mount: the folder, a tab, the path. All else of IMAGE-FOLDER, which
# is /project, is read-only; so is what is not a folder of this machine.
set -eu
root=$1 project=$2
shift 2
mount -t tmpfs none "$root"
for each in /*; do
  if [ -L "$each" ]; then
    cp -P "$each" "$root$each"
  elif [ -d "$each" ] && [ "$each" != /data ] && [ "$each" != /project ]; then
    mkdir "$root$each"
    mount --rbind "$each" "$root$each"
  fi
done
mkdir -p "$root/project" "$root/data"
mount --bind "$project" "$root/project"
mount -o remount,bind,ro "$root/project"
printf '%s' "$MOUNTS" | while IFS='	' read -r folder path; do
  mount --bind "$folder" "$root$path"
done
mount -o remount,ro "$root"
unset MOUNTS
exec chroot "$root" env --chdir=/project "$@"
