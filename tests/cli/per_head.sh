# --per-head adds tables layer x query head of the chosen measure.
. "$(dirname "$0")/lib.sh"

options="$small -c en --layers 1,4 --bases aqua --k-ratios 0.5 --bootstrap 0"
aqua analyze retention $options --per-head
expect_status 0
expect_stdout_contains "query loss per query head: en, basis aqua, static, k/d 0.5 (k = 32)"
expect_stdout_contains "query loss per query head: en, basis aqua, dynamic, k/d 0.5 (k = 32)"
expect_stdout_contains "  layer    mean      H0      H1      H2      H3      H4      H5      H6      H7"
aqua analyze retention $options --per-head --measure total_variation
expect_status 0
expect_stdout_contains "total variation per query head: en, basis aqua, dynamic"
aqua analyze retention $options
expect_stdout_lacks "per query head"
