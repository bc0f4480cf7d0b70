# analyze convergence and sensitivity: tables, JSON, CSV, the suggestion; wrong requests.
. "$(dirname "$0")/lib.sh"

options="$small --layers 0,3 --k-ratios 0.5"
aqua analyze convergence $options --bootstrap 50 --csv numbers.csv
expect_status 0
expect_80_columns stdout
expect_stdout_contains "In short"
expect_stdout_contains "Query loss at k/d 0.5 (k = 32)"

aqua analyze convergence $options --bootstrap 50 --json -q
expect_status 0
python '
import csv, json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-convergence"
assert [p["tokens"] for p in result["points"]] == [128, 256, 512, 1024]
last = result["points"][-1]
assert last["losses"][0]["to_last"]["value"] == 0 and abs(last["subspaces"][0]["overlap"] - 1) < 1e-12
rows = [r for r in csv.DictReader(open("numbers.csv")) if r["quantity"] == "query_loss"]
assert [float(r["value"]) for r in rows] == [
    l["query_loss"]["value"] for p in result["points"] for l in p["losses"]]
tolerance, last = result["suggestion"]["tolerance"], last["losses"]
def reach(e):
    return max(abs(e["value"]), abs(e["low"]), abs(e["high"]))
def near(point):
    return all(reach(l["to_last"]) <= tolerance * x["query_loss"]["value"]
               for l, x in zip(point["losses"], last))
settled = [p["tokens"] for i, p in enumerate(result["points"]) if all(map(near, result["points"][i:]))]
assert result["suggestion"]["tokens"] == settled[0]
'

aqua analyze convergence $options -c en --held-out hi --counts 100,300 --bootstrap 0 --json -q
expect_status 0
python '
import json
result = json.load(open("stdout"))
assert result["held_out"]["name"] == "hi" and [p["tokens"] for p in result["points"]] == [100, 300]
'
expect_failure 2 "--counts: expected rising token counts, found 5 after 7" \
  analyze convergence --counts 7,5
expect_failure 2 "--counts: 5000 tokens are more than the 1024 of en" \
  analyze convergence $options -q --counts 7,5000
expect_failure 2 "--corpus: expected one corpus, whose prefixes are fitted, found 2" \
  analyze convergence -c en -c hi

aqua analyze sensitivity $options --parts 3 --csv sensitivity.csv
expect_status 0
expect_80_columns stdout
expect_stdout_contains "dealt at random to 3 parts"
aqua analyze sensitivity $options --parts 3 --json -q
expect_status 0
python '
import csv, json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-sensitivity"
for group in result["groups"]:
    ids = [i for part in group["parts"] for i in part]
    assert len(ids) == len(set(ids)) and sum(group["tokens"]) == group["corpus"]["tokens"] == 1024
rows = [r for r in csv.DictReader(open("sensitivity.csv")) if r["quantity"] == "query_loss"]
losses = [x for l in result["losses"] for g in l["query_loss"] for x in g]
assert [float(r["value"]) for r in rows] == losses
'
expect_failure 2 "parts: expected at most 10, one for each document, found 200" \
  analyze sensitivity $options -q --parts 200
