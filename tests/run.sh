#!/bin/sh
# Installs what the tests need, builds aqua with its tests into build/release, and runs them all.
#   sh tests/run.sh
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
trap 'status=$?; [ "$status" -eq 0 ] || echo "tests/run.sh failed (status $status)" >&2' EXIT

echo "==> 1/3 Install Debian packages"
sh tools/install-packages.sh tools/debian-packages.txt tools/debian-packages-tests.txt

echo "==> 2/3 Build aqua and its tests into build/release"
cmake --preset release -DAQUA_BUILD_TESTS=ON >/dev/null
ninja -C build/release

echo "==> 3/3 Run the tests"
ctest --preset release --parallel "$(nproc)"
