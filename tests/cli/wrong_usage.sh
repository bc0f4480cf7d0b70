# Wrong use ends with status 2 and one sentence, before any work.
. "$(dirname "$0")/lib.sh"

expect_failure 2 "A subcommand is required; see aqua --help"
expect_failure 2 '"frobnicate" is not known here; see aqua --help' frobnicate
expect_failure 2 '"frobnicate" is not known here; see aqua analyze --help' analyze frobnicate
expect_failure 2 "A subcommand is required; see aqua analyze --help" analyze
expect_failure 2 "The following argument was not expected: --frobnicate; see aqua calibrate --help" \
  calibrate --frobnicate
expect_failure 2 "a file or folder is needed, or --system or --supported; see aqua inspect --help" inspect
expect_failure 2 "calibration is required; see aqua export --help" export

# numbers
expect_failure 2 "--threads: Value 0 not in range 1 to 1024; see aqua calibrate --help" \
  calibrate --threads 0
aqua calibrate --seed x
expect_status 2
expect_stderr_contains "--seed"
aqua calibrate --max-tokens -1
expect_status 2
expect_stderr_contains "--max-tokens"

# choices
aqua calibrate --site sideways
expect_status 2
expect_stderr_contains "--site: sideways not in {pre_rope,post_rope,both}"
aqua analyze retention --bases aqua,nonsense
expect_status 2
expect_stderr_contains "nonsense"
expect_stderr_contains "kq-svd"
expect_failure 2 '--bases: "aqua" is named twice' analyze retention --bases aqua,aqua
aqua analyze retention --measure nonsense
expect_status 2
expect_stderr_contains '--measure: "nonsense" is not one of query_loss, '
expect_failure 2 "--csv - and --json both want standard output; give --csv a file name" \
  analyze retention --csv - --json
aqua analyze retention --activations a.h5 -c en
expect_status 2
expect_stderr_contains "excludes --activations"

# ratios
for ratio in 0 1.5 -0.5 nan; do
  aqua analyze retention --k-ratios "0.5,$ratio"
  expect_status 2
  expect_stdout_is ""
  expect_stderr_contains "k_ratio"
done
