# Results that cannot be written to stdout are an error, also when nobody reads them.
. "$(dirname "$0")/lib.sh"

to_full() { "$AQUA" "$@" >/dev/full; }
run to_full inspect --system
expect_status 3
expect_stderr_is "aqua: standard output: cannot be written: No space left on device"
run to_full --help
expect_status 3

to_closed_pipe() {
  # The reader is gone before aqua starts.
  exec 3> >(exec true)
  wait $!
  "$AQUA" "$@" >&3
}
run to_closed_pipe inspect --system
expect_status 3
expect_stderr_is "aqua: standard output: cannot be written: Broken pipe"
