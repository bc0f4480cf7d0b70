# aqua analyze breakeven: the forms of its result. Times are not asserted.
. "$(dirname "$0")/lib.sh"

aqua analyze breakeven -q --lengths 64,200 --repeats 2
expect_status 0
expect_80_columns stdout
expect_stdout_contains "Break-even of AQUA against standard attention: aqua-tiny-bilingual"
expect_stdout_contains "xSQA"
aqua analyze breakeven -q --heads 32 --kv-heads 8 --head-dim 128 --lengths 100 --k-ratios 0.5 \
  --s-ratios 0 --repeats 2 --json --csv times.csv
expect_status 0
python '
import csv, json
report = json.load(open("stdout"))
assert report["schema"] == "aqua-breakeven" and report["schema_version"] == 1
[setting] = report["settings"]
assert setting["k"] == 64
assert setting["formula_length"] == (128 * 128 + 128 * 128 / 4 + 10 * 128) / 64
[at] = report["lengths"]
assert at["kv_bytes"] == 2 * 8 * 100 * 128 * 4
rows = list(csv.DictReader(open("times.csv")))
assert [r["attention"] for r in rows] == ["standard-tokens", "standard-blocks", "aqua"]
assert float(rows[2]["median_seconds"]) == at["aqua"][0]["median_seconds"] > 0
costs = {c["attention"]: c for c in report["costs"]}
assert costs["MHA"]["attention_multiply_adds"] == [2 * 32 * 128 * 100]
assert costs["xSQA"]["query_heads"] == 8'

expect_failure 2 "lengths: expected rising numbers from 1, found 64" analyze breakeven -q --lengths 128,64
expect_failure 2 "--csv - and --json both want standard output; give --csv a file name" analyze breakeven --csv - --json
aqua analyze breakeven --heads 4
expect_status 2
