#!/bin/sh
# Installs the Debian packages named in the given lists (one a line, # starts a comment), as root or
# with sudo. Does nothing when all are there.
#   sh tools/install-packages.sh tools/debian-packages.txt
set -eu

missing=""
for list in "$@"; do
  for package in $(sed 's/#.*//' "$list"); do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
  done
done
if [ -z "$missing" ]; then
  echo "All Debian packages are installed."
  exit 0
fi

echo "Installing Debian packages:$missing"
if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get here; install what stands in $* by hand." >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Packages must be installed as root, and there is no sudo; run as root:" >&2
    echo "  apt-get install$missing" >&2
    exit 1
  fi
  as_root="sudo"
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to split
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
