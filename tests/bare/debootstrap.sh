#!/bin/sh
# Tries the README's two commands as a newcomer would: in a minimal Debian 12 that has nothing but
# git, on a fresh clone of this repository's HEAD. Needs root and the package debootstrap; not part
# of ctest. The package mirror and apt's network settings are those of the machine that runs it.
#
# usage: sh tests/bare/debootstrap.sh [FOLDER]
#
# FOLDER (default: a temporary one, removed at the end) keeps the system, so that a second run starts
# from it; the clone is made anew. The commands run in it twice, since both must be repeatable.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "debootstrap.sh: needs root" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "debootstrap.sh: needs debootstrap" >&2; exit 2; }

if [ $# -gt 0 ]; then
  system=$1
  keep=yes
else
  system=$(mktemp -d)
  keep=no
fi

clean_up() {
  for mount in proc sys dev/pts dev; do
    if mountpoint -q "$system/$mount"; then umount "$system/$mount"; fi
  done
  if [ "$keep" = no ]; then rm -rf --one-file-system "$system"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The first bookworm mirror of the host, in either of apt's notations.
mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME) $(RELEASE)' 'Created-By: Packages' |
  awk '/bookworm$/ { print $1; exit }')
: "${mirror:=http://deb.debian.org/debian}"

if [ ! -e "$system/etc/debian_version" ]; then
  echo "== a minimal Debian 12 from $mirror"
  debootstrap --variant=minbase --include=git bookworm "$system" "$mirror"
fi
cp /etc/resolv.conf /etc/hosts "$system/etc/"
apt-config dump | grep -E '^Acquire::(https?|Check)' >"$system/etc/apt/apt.conf.d/90host" || true
mount -t proc proc "$system/proc"
mount --bind /sys "$system/sys"
mount --bind /dev "$system/dev"
mount --bind /dev/pts "$system/dev/pts"

rm -rf "$system/root/aqua"
git clone --quiet --no-hardlinks "$root" "$system/root/aqua"

inside() {
  started=$(date +%s)
  echo "== $*"
  chroot "$system" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    sh -c "cd /root/aqua && $*"
  echo "== $*: $(($(date +%s) - started)) s"
}
inside sh tools/quickstart.sh
inside sh tools/quickstart.sh
inside sh tests/run.sh
inside sh tests/run.sh
echo "== both commands work on a bare Debian 12, the first time and again"
