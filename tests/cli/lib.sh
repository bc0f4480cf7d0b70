# Helpers of the command-line tests. Each script sources this file, runs in its own empty folder, and
# ends at the first expectation that does not hold. Needs AQUA (the program) and AQUA_SOURCE_DIR.

set -u
: "${AQUA:?path of the program}" "${AQUA_SOURCE_DIR:?root of the source tree}"
model=$AQUA_SOURCE_DIR/data/models/aqua-tiny-bilingual
# What makes a run small: enough for every number to be defined.
small="--max-tokens 1024 --sequence-length 256"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset AQUA_DATA_DIR OPENBLAS_CORETYPE SOURCE_DATE_EPOCH

# run COMMAND...: its status in $status, its output in the files stdout and stderr.
run() {
  command_line=$*
  status=0
  "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
}

aqua() { run "$AQUA" "$@"; }

broken() {
  {
    echo "FAILED: $1"
    echo "  after: $command_line"
    echo "  status: $status"
    sed 's/^/  stdout: /' "$work/stdout" | head -40
    sed 's/^/  stderr: /' "$work/stderr" | head -40
  } >&2
  exit 1
}

skip() {
  echo "skipped: $1"
  exit 77
}

expect_status() { [ "$status" -eq "$1" ] || broken "expected status $1"; }
expect_stdout_is() { [ "$(cat "$work/stdout")" = "$1" ] || broken "expected stdout: $1"; }
expect_stderr_is() { [ "$(cat "$work/stderr")" = "$1" ] || broken "expected stderr: $1"; }
expect_stdout_contains() { grep -qF -- "$1" "$work/stdout" || broken "expected in stdout: $1"; }
expect_stderr_contains() { grep -qF -- "$1" "$work/stderr" || broken "expected in stderr: $1"; }
expect_stdout_lacks() { ! grep -qF -- "$1" "$work/stdout" || broken "not expected in stdout: $1"; }
expect_file() { [ -s "$1" ] || broken "expected file $1"; }
expect_no_file() { [ ! -e "$1" ] || broken "unexpected file $1"; }
# Nothing but the named files (and what run() writes) lies in the folder.
expect_only_files() {
  local found
  found=$(cd "$work" && find . -type f ! -name stdout ! -name stderr | sed 's|^\./||' | sort | tr '\n' ' ')
  [ "${found% }" = "$*" ] || broken "expected only the files: $*; found: $found"
}

# One failing command: status, and the whole of stderr; nothing on stdout.
#   expect_failure STATUS MESSAGE ARGUMENT...
expect_failure() {
  local expected=$1 message=$2
  shift 2
  aqua "$@"
  expect_status "$expected"
  expect_stdout_is ""
  expect_stderr_is "aqua: $message"
}

expect_80_columns() {
  [ "$(LC_ALL=C.UTF-8 wc -L <"$work/$1")" -le 80 ] || broken "expected no line longer than 80 in $1"
}

# The packages of Debian belong to its own python3.
python3=python3
"$python3" -c "import h5py" 2>/dev/null || python3=/usr/bin/python3

# python CODE ARGUMENT...: a check in python3 of what the last command wrote.
python() {
  "$python3" -c "$@" || broken "expected the Python check to pass"
}
