# --json is one JSON document, --csv parses, both hold the same numbers, and text goes nowhere else.
. "$(dirname "$0")/lib.sh"

options="$small --layers 0,3 --k-ratios 0.25,0.5 --bases aqua,kq-svd,native --bootstrap 50"
aqua analyze retention $options --json --csv numbers.csv
expect_status 0
cp stdout result.json
python '
import csv, json, math
result = json.load(open("result.json"))
assert result["schema"] == "aqua-retention" and result["schema_version"] == 1
assert result["calibration"]["file"] is None
assert [c["corpus"]["name"] for c in result["corpora"]] == ["en", "hi"]
assert result["provenance"]["options"]["k-ratios"] == [0.25, 0.5]
assert result["provenance"]["options"]["max-tokens"] == 1024
rows = list(csv.DictReader(open("numbers.csv")))
index = {(r["corpus"], r["basis"], r["k_ratio"], r["selection"], r["measure"], r["level"],
          r["layer"], r["head"]): r for r in rows}
assert len(index) == len(rows), "keys repeat"
count = 0
def same(text, value):
    global count
    count += 1
    assert (text == "" and value is None) or float(text) == value, (text, value)
for corpus in result["corpora"]:
    for setting in corpus["results"]:
        for measure, m in setting["measures"].items():
            key = (corpus["corpus"]["name"], setting["basis"], str(setting["k_ratio"]),
                   setting["selection"], measure)
            row = index[key + ("model", "", "")]
            same(row["value"], m["model"]["value"])
            same(row["low"], m["model"]["low"])
            same(row["high"], m["model"]["high"])
            for layer, heads in zip(corpus["layers"], m["heads"]):
                for head, value in enumerate(heads):
                    same(index[key + ("head", str(layer), str(head))]["value"], value)
assert count > 1000, count
'

aqua analyze retention $options --csv - -q
expect_status 0
cmp -s stdout numbers.csv || broken "expected the same CSV on stdout"

aqua analyze perplexity $small --json --csv perplexity.csv
expect_status 0
python '
import csv, json, math
result = json.load(open("stdout"))["corpora"]
rows = list(csv.DictReader(open("perplexity.csv")))
for r, row in zip(result, rows, strict=True):
    assert r["corpus"]["name"] == row["corpus"] and r["perplexity"] == float(row["perplexity"])
    assert math.isclose(math.exp(r["nats_per_token"]), r["perplexity"], rel_tol=1e-12)
    assert r["predicted_tokens"] == 1024 - 4  # the first token of a sequence has no predecessor
'

for command in "calibrate --layers 0 -o m.aqua.h5 $small" "capture --layers 0 -o a.h5 $small" \
  "export m.aqua.h5 -o m.safetensors" "inspect --system" "inspect a.h5"; do
  aqua $command --json
  expect_status 0
  python 'import json; assert json.load(open("stdout"))["schema"].startswith("aqua-")'
done
