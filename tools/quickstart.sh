#!/bin/sh
# From a bare Debian 12 machine to results: installs packages, builds aqua into build/release, and runs
# its main job on the bundled model and text; results go to aqua-quickstart/. Can be repeated.
#   sh tools/quickstart.sh
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
out=aqua-quickstart
aqua="$root/build/release/tools/aqua"
step="start"
trap 'status=$?; [ "$status" -eq 0 ] || echo "quickstart stopped at: $step (status $status)" >&2' EXIT

begin() {
  step=$1
  printf '\n==> %s\n' "$step"
}
run() {
  printf '$ %s\n' "aqua $*" >&2 # not into redirected results
  "$aqua" "$@"
}

begin "1/7 Install the Debian packages that the build needs"
sh tools/install-packages.sh tools/debian-packages.txt

begin "2/7 Build aqua into build/release"
cmake --preset release -DAQUA_BUILD_TESTS=OFF >/dev/null
# On a terminal ninja counts in one line; elsewhere it would print a line for each file.
quiet=
[ -t 1 ] || quiet=--quiet
ninja -C build/release $quiet tools/aqua

mkdir -p "$out"
cd "$out"

begin "3/7 Calibrate: fit projections for the bundled model on the bundled English text"
run calibrate -c en -o aqua-tiny-bilingual.aqua.h5

begin "4/7 Analyze: what static slicing and dynamic selection lose on English and on Hindi"
run analyze retention aqua-tiny-bilingual.aqua.h5 -c en -c hi --csv retention.csv >retention.txt
cat retention.txt

begin "5/7 Export the projections for other programs"
run export aqua-tiny-bilingual.aqua.h5 --format safetensors -o aqua-tiny-bilingual.proj.safetensors
run export aqua-tiny-bilingual.aqua.h5 --format hdf5 -o aqua-tiny-bilingual.proj.h5

begin "6/7 Report: curves over more of k/d, and a page with charts and tables"
run analyze retention aqua-tiny-bilingual.aqua.h5 -c en -c hi --bases aqua,native \
  --k-ratios 0.125,0.25,0.375,0.5,0.75,1 --json >retention.json
run report aqua-tiny-bilingual.aqua.h5 retention.json -o report.html

begin "7/7 Done. The files in $root/$out:"
describe() {
  printf '  %-38s %s\n' "$1" "$2"
}
describe aqua-tiny-bilingual.aqua.h5 "calibration: bases, spectra, factors (HDF5)"
describe report.html "the page: open it in a browser, no network needed"
describe retention.txt "the tables above"
describe retention.csv "the same and more numbers, one a line"
describe retention.json "what the page was made from"
describe aqua-tiny-bilingual.proj.safetensors "projections for a runtime"
describe aqua-tiny-bilingual.proj.h5 "the same projections in HDF5"
printf '\nThe tool is %s; try: %s --help\n' "$aqua" "$aqua"
