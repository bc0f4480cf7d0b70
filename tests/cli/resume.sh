# An interrupted calibration goes on where it stopped, and ends in the same bytes.
. "$(dirname "$0")/lib.sh"

export SOURCE_DATE_EPOCH=1700000000
request="-c en -c hi --max-tokens 6000 --site both"
aqua calibrate $request -q -o out.aqua.h5
expect_status 0
expect_only_files out.aqua.h5
mv out.aqua.h5 whole.aqua.h5

# interrupted WAIT_FOR ARGUMENT...: stopped once the file is there.
set -m # a job of its own process group, which does not ignore SIGINT
interrupted() {
  command_line="$*"
  "$AQUA" "$@" >stdout 2>stderr &
  local pid=$!
  for _ in $(seq 2000); do
    [ -e out.aqua.h5.partial ] && grep -q "$until" stderr && break
    sleep 0.01
  done
  kill -INT "$pid"
  status=0
  wait "$pid" 2>/dev/null || status=$?
  [ "$status" -eq 130 ] || broken "expected status 130"
  expect_file out.aqua.h5.partial
  expect_no_file out.aqua.h5
  expect_stderr_contains "finished layers are in out.aqua.h5.partial; the same command with --resume goes on"
}
until="fitting en:"
interrupted calibrate $request --save-every 0 -o out.aqua.h5
until="fitting hi:"
interrupted calibrate $request --save-every 0 --resume -o out.aqua.h5
expect_stderr_contains "out.aqua.h5.partial: going on at layer "

# The rest of another run is not taken for this one's.
cp out.aqua.h5.partial other.aqua.h5.partial
expect_failure 3 "other.aqua.h5.partial: belongs to a run with another model, text, layers or sites; run without --resume to start anew" \
  calibrate -q -c en --max-tokens 6000 --resume -o other.aqua.h5
rm other.aqua.h5.partial

aqua calibrate $request --resume -o out.aqua.h5
expect_status 0
cmp out.aqua.h5 whole.aqua.h5 || broken "expected the bytes of a run without interruption"
expect_only_files out.aqua.h5 whole.aqua.h5

aqua calibrate $small --layers 0 -c en --resume -o new.aqua.h5
expect_status 0
expect_stderr_contains "new.aqua.h5.partial: not there; starting anew"
