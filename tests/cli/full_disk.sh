# When the disk fills up, here by a limit on the size of files, the run fails with a message, an old
# file under the name survives, and no temporary file stays.
. "$(dirname "$0")/lib.sh"

echo old >out.aqua.h5
limited() { (ulimit -f 64 && exec "$AQUA" "$@"); }
run limited calibrate -q $small -o out.aqua.h5
expect_status 3
expect_stdout_is ""
expect_stderr_contains "out.aqua.h5"
[ "$(cat out.aqua.h5)" = old ] || broken "expected the old file to survive"
run limited capture -q $small -o acts.h5
expect_status 3
expect_stderr_contains "acts.h5"
expect_only_files out.aqua.h5
