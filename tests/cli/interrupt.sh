# Ctrl-C and TERM stop a run soon, leave no file, and end the process by that signal.
. "$(dirname "$0")/lib.sh"

# Long enough to be interrupted: the bundled text many times.
for i in $(seq 60); do
  sed "s/\"id\": \"/\"id\": \"$i-/" "$AQUA_SOURCE_DIR/data/corpora/parallel.en.jsonl"
done >long.jsonl
set -m # jobs of their own process groups, which do not ignore SIGINT

interrupted_by() {
  local signal=$1 expected=$2
  shift 2
  command_line="$* ($signal)"
  rm -f stderr # or else the last run's could be read below
  "$AQUA" "$@" >stdout 2>stderr &
  local pid=$!
  for _ in $(seq 600); do
    grep -qs 'x: .* token' stderr && break
    sleep 0.05
  done
  kill -"$signal" "$pid"
  status=0
  wait "$pid" 2>/dev/null || status=$?
  [ "$status" -eq "$expected" ] || broken "expected status $expected"
  expect_stdout_is ""
  [ "$(tail -n 1 stderr)" = "aqua: interrupted" ] || broken "expected it to say so"
  expect_only_files long.jsonl
}

interrupted_by INT 130 calibrate -c x=long.jsonl -o out.aqua.h5
interrupted_by TERM 143 capture -c x=long.jsonl -o out.h5
interrupted_by INT 130 analyze retention -c x=long.jsonl --csv out.csv

# timeout sends the signal twice, to the process and to its group: still one request.
run timeout --preserve-status -s INT 3 "$AQUA" calibrate -q -c x=long.jsonl -o out.aqua.h5
[ "$status" -eq 130 ] || broken "expected status 130"
expect_stderr_is "aqua: interrupted"
expect_only_files long.jsonl
