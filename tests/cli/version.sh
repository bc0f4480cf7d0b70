# aqua --version prints name and version, nothing else.
. "$(dirname "$0")/lib.sh"

aqua --version
expect_status 0
expect_stdout_is "aqua $AQUA_VERSION"
expect_stderr_is ""
