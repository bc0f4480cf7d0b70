# A folder without write permission.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" -ne 0 ] || skip "root can write anywhere"
mkdir locked
chmod a-w locked
expect_failure 3 "locked/out.h5: cannot be written: Permission denied" calibrate -o locked/out.h5
chmod u+w locked
