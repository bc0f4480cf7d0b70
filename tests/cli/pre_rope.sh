# Before rotary embedding only the losses are defined, and the site must have been calibrated.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 0 --site both -o both.aqua.h5
expect_status 0
expect_stdout_contains "pre_rope"
expect_stdout_contains "post_rope"
aqua analyze retention both.aqua.h5 -q $small -c en --layers 0 --site pre_rope --bases aqua,native
expect_status 0
expect_stdout_contains "vectors      pre_rope"
expect_stdout_contains "en: query loss"
expect_stdout_lacks "exact attention"

aqua calibrate -q $small --layers 0 -o post.aqua.h5
aqua analyze retention post.aqua.h5 -q $small -c en --layers 0 --site pre_rope --bases aqua
expect_status 2
expect_stdout_is ""
expect_stderr_contains "pre_rope"
