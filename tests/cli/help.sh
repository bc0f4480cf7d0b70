# Every command has a help text with an example that fits 80 columns.
. "$(dirname "$0")/lib.sh"

for command in "" calibrate capture analyze "analyze retention" "analyze perplexity" \
  "analyze breakeven" "analyze needle" "analyze transfer" "analyze spectrum" \
  "analyze convergence" "analyze sensitivity" plan export merge report inspect verify; do
  for flag in -h --help; do
    aqua $command $flag
    expect_status 0
    expect_stderr_is ""
    expect_stdout_contains "Usage: aqua"
    expect_80_columns stdout
  done
  case $command in
    "" | analyze) ;;
    *)
      expect_stdout_contains "Example:"
      expect_stdout_contains "  aqua $command "
      expect_stdout_contains "--json"
      expect_stdout_contains "--config"
      ;;
  esac
done

# Texts are wrapped: look at them on one line.
one_line() {
  tr -s ' \n' ' ' <stdout >joined
  mv joined stdout
}
aqua calibrate --help
one_line
expect_stdout_contains "(default: aqua-tiny-bilingual)"
expect_stdout_contains "(default: en)"
aqua analyze retention --help
one_line
expect_stdout_contains "(default: en,hi)"
expect_stdout_contains "(default: 0.25,0.5,0.75)"
