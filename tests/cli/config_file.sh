# --config: the same keys as the options; what is unknown is refused with file and line.
. "$(dirname "$0")/lib.sh"

cat >good.toml <<'TOML'
max-tokens = 512
sequence-length = 128
seed = 3

[calibrate]
layers = "0"
corpus = ["hi"]
seed = 4
quiet = true

[analyze.retention]
k-ratios = [0.25, 0.5]
TOML
aqua calibrate --config good.toml -o a.aqua.h5 --json
expect_status 0
expect_stderr_is ""
python 'import json, sys
made = json.load(open("stdout"))
assert made["corpora"][0]["name"] == "hi", made
assert made["corpora"][0]["tokens"] == 512, made
assert made["options"]["seed"] == 4, made
assert made["options"]["layers"] == 0, made
assert len(made["spectrum"]) == 1, made'

# the command line wins
aqua calibrate --config good.toml -c en --seed 5 -o a.aqua.h5 --json
expect_status 0
python 'import json
made = json.load(open("stdout"))
assert made["corpora"][0]["name"] == "en", made
assert made["provenance"]["seed"] == 5, made'

refused() {
  local expected=$1 message=$2
  printf '%b' "$3" >bad.toml
  expect_failure "$expected" "$message" calibrate --config bad.toml
}
refused 2 'bad.toml:2: "sede" is not an option of aqua calibrate' 'max-tokens = 5\nsede = 1\n'
refused 2 'bad.toml:2: "k-ratios" is not an option of aqua calibrate' '[calibrate]\nk-ratios = [0.5]\n'
refused 2 'bad.toml:2: "sede" is not an option of aqua analyze retention' \
  '[analyze.retention]\nsede = 1\n'
refused 2 'bad.toml:1: [calibrat] is not a subcommand of aqua' '[calibrat]\nseed = 1\n'
refused 2 'bad.toml:1: "config" is not an option of aqua calibrate' 'config = "other.toml"\n'
refused 2 'bad.toml:1: seed: expected a string, a number, true, false or a list of these' \
  'seed = 2020-01-01\n'
printf 'threads = 0\n' >bad.toml
aqua calibrate --config bad.toml
expect_status 2
expect_stderr_contains "aqua: bad.toml:1: threads: "
printf 'seed = = 1\n' >bad.toml
aqua calibrate --config bad.toml
expect_status 3
expect_stderr_contains "aqua: bad.toml:1: not TOML: "
expect_failure 3 "none.toml: there is no such file" calibrate --config none.toml

# the ready-made ones hold only what is known
for config in "$AQUA_SOURCE_DIR"/configs/*.toml; do
  aqua analyze retention --config "$config" -c nonsense
  expect_status 2
  expect_stderr_contains '"nonsense" is not a bundled corpus'
done
