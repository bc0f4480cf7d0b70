# A folder without write permission. Root can write anywhere, so root runs it as nobody.
. "$(dirname "$0")/lib.sh"

as_user=""
if [ "$(id -u)" -eq 0 ]; then
  as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
  $as_user test -x "$AQUA" -a -r "$model/config.json" || skip "nobody cannot reach the program"
fi
chmod a+rx "$work"
mkdir locked
chmod a-w locked
run $as_user "$AQUA" calibrate -m "$model" -o locked/out.h5
expect_status 3
expect_stdout_is ""
expect_stderr_is "aqua: locked/out.h5: cannot be written: Permission denied"
chmod u+w locked
