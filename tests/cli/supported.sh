# aqua inspect --supported: docs/supported.md shows what it prints; JSON has the same lists.
. "$(dirname "$0")/lib.sh"

aqua inspect --supported
expect_status 0
expect_stderr_is ""
sed -n '/^```$/,/^```$/p' "$AQUA_SOURCE_DIR/docs/supported.md" | sed '/^```$/d' >documented
cmp -s documented stdout ||
  broken "expected docs/supported.md to show this; $(diff documented stdout | head -5)"
[ "$(wc -L <stdout)" -le 80 ] || broken "expected lines of at most 80 columns"

aqua inspect --supported --json
expect_status 0
expect_stdout_contains '"schema": "aqua-inspect-supported"'
expect_stdout_contains '"model_type": "gemma3_text"'
expect_stdout_contains '"bits_per_weight": 4.5'

expect_failure 2 "--system excludes --supported; see aqua inspect --help" inspect --supported --system
