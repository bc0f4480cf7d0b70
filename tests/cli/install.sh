# The installed tree works on its own, with its own data.
. "$(dirname "$0")/lib.sh"

run cmake --install "$AQUA_BUILD_DIR" --prefix "$work/prefix"
[ "$status" -eq 0 ] || skip "the build is not complete, so it cannot be installed"
run "$work/prefix/bin/aqua" inspect --system --json
expect_status 0
python 'import json, os, sys
folder = json.load(open("stdout"))["program"]["data_folder"]
assert folder == sys.argv[1] + "/share/aqua/data", folder' "$work/prefix"
run "$work/prefix/bin/aqua" calibrate -q $small --layers 0 -c hi -o m.aqua.h5
expect_status 0
run "$work/prefix/bin/aqua" analyze retention m.aqua.h5 -q $small --layers 0 --bootstrap 0 \
  --config "$work/prefix/share/aqua/configs/quick.toml"
expect_status 0
expect_stdout_contains "Summary: mean query loss"
