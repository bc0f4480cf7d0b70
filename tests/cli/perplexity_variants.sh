# aqua analyze perplexity with attention variants: the numbers, the ways to ask, what is refused.
. "$(dirname "$0")/lib.sh"

options="--max-tokens 512 --sequence-length 128 -c en --bootstrap 50"
aqua analyze perplexity $options --k-ratios 0.5,1 --variants "exact;h2o:recent=0.2,heavy=0.1" \
  --variants loki@0,2-3 --fidelity --json --csv numbers.csv
expect_status 0
expect_stderr_contains "no calibration file given: fitting on en first"
cp stdout one.json
python '
import csv, json
result = json.load(open("one.json"))
(corpus,) = result["corpora"]
names = ["exact", "h2o:recent=0.2,heavy=0.1", "loki@0,2-3", "aqua-static:k=0.5", "aqua-static:k=1",
         "aqua:k=0.5", "aqua:k=1"]
variants = {v["attention"]: v for v in corpus["variants"]}
assert list(variants) == names, list(variants)
assert [c["name"] for c in result["calibration"]["fitted_on"]] == ["en"]
for v in variants.values():
    change = v["perplexity_change"]
    assert abs(v["perplexity"] - corpus["perplexity"] - change["value"]) < 1e-9
    assert change["low"] <= change["high"]
    assert 0 <= v["kl_percentiles"]["50"] <= v["kl_percentiles"]["90"] <= v["kl_percentiles"]["100"]
    assert 0 < v["fidelity"]["attended_share"] <= 1 and 0 < v["fidelity"]["hit_rate"] <= 1
for name in "exact", "aqua:k=1", "aqua-static:k=1":
    assert abs(variants[name]["perplexity_change"]["value"]) < 1e-3 * corpus["perplexity"]
    assert variants[name]["kl_divergence"]["value"] < 1e-6
    assert variants[name]["top1_agreement"]["value"] > 0.99
assert variants["aqua-static:k=0.5"]["kl_divergence"]["value"] > variants["aqua:k=0.5"]["kl_divergence"]["value"]
assert variants["h2o:recent=0.2,heavy=0.1"]["fidelity"]["attended_share"] < 0.7
rows = list(csv.DictReader(open("numbers.csv")))
assert [r["attention"] for r in rows] == ["exact"] + names
for row in rows[1:]:
    assert float(row["kl_divergence"]) == variants[row["attention"]]["kl_divergence"]["value"]
    assert float(row["hit_rate"]) == variants[row["attention"]]["fidelity"]["hit_rate"]
'

# The same numbers from a calibration file, with any number of threads.
aqua calibrate --max-tokens 512 --sequence-length 128 -c en -q -o m.aqua.h5
aqua analyze perplexity --max-tokens 512 --sequence-length 128 -c en --bootstrap 50 -q --threads 1 \
  --variants "aqua:k=0.5" --calibration m.aqua.h5 --json
expect_status 0
python '
import json
one = {v["attention"]: v for v in json.load(open("one.json"))["corpora"][0]["variants"]}
two = json.load(open("stdout"))
assert two["calibration"]["file"] == "m.aqua.h5"
(v,) = two["corpora"][0]["variants"]
assert v["kl_divergence"]["value"] == one["aqua:k=0.5"]["kl_divergence"]["value"] or \
    abs(v["kl_divergence"]["value"] / one["aqua:k=0.5"]["kl_divergence"]["value"] - 1) < 1e-4
'

# A plan file gives every KV head its dimensions.
python '
import json
json.dump({}, open("empty.json", "w"))
'
aqua analyze perplexity $options --variants aqua:plan=empty.json
expect_status 3
expect_stderr_contains "empty.json"

aqua analyze perplexity $options --variants "h2o;aqua-h2o:recent=0.25,heavy=0.25,k=0.5" -q
expect_status 0
expect_80_columns stdout
expect_stdout_contains "bases: fitted on en (512 tokens)"
expect_stdout_contains "KL to exact"

expect_failure 2 "attention \"aqa\" is not known; known: exact, aqua-static, aqua, aqua-memory, h2o, \
aqua-h2o, lrqk, kq-svd, loki, think, sparq, quant, aqua-quant" \
  analyze perplexity --variants aqa
expect_failure 2 "attention \"aqua:k=2\": k: expected a number above 0 and at most 1, found \"2\"" \
  analyze perplexity --variants aqua:k=2
expect_failure 2 "attention \"h2o\" is asked for twice" analyze perplexity --variants "h2o;h2o"
expect_failure 2 "k_ratio: expected a number above 0 and at most 1, found 1.5" \
  analyze perplexity --k-ratios 1.5
expect_failure 2 "expected attention variants separated by \";\", found an empty one" \
  analyze perplexity --variants ""
aqua analyze perplexity $options -q --variants h2o@17
expect_status 2
expect_stderr_is "aqua: attention \"h2o@17\": there is no layer 17: the model has layers 0 to 5"
