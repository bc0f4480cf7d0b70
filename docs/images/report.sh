#!/bin/sh
# Makes docs/images/report.png: the report on the bundled model, as a browser shows it.
#   sh docs/images/report.sh [AQUA]
# AQUA: the program (default: build/release/tools/aqua). Needs chromium, and playwright in $PYTHON
# (default: build/interop/bin/python, which .ci/run makes).
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
aqua=$(realpath "${1:-$root/build/release/tools/aqua}")
python=$(realpath -s "${PYTHON:-$root/build/interop/bin/python}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$aqua" calibrate -q -c en -o aqua-tiny-bilingual.aqua.h5 >/dev/null
"$aqua" analyze retention aqua-tiny-bilingual.aqua.h5 -q -c en -c hi --bases aqua,native \
  --k-ratios 0.125,0.25,0.375,0.5,0.75,1 --json >retention.json
"$aqua" report aqua-tiny-bilingual.aqua.h5 retention.json -o report.html >/dev/null
"$python" "$root/docs/images/screenshot.py" report.html "$root/docs/images/report.png"
