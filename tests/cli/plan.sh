# aqua plan: the file, what reads it, and what it says about text not used for choosing.
. "$(dirname "$0")/lib.sh"

tiny="--max-tokens 512 --sequence-length 128 --pair-queries 8 --bootstrap 50"
aqua calibrate -q $small -o m.aqua.h5
expect_status 0
aqua plan -q m.aqua.h5 $tiny --budget 0.3 -o p.json --json
expect_status 0
python '
import json
report = json.load(open("stdout"))
assert report["schema"] == "aqua-plan-report" and report["schema_version"] == 1
plan = json.load(open("p.json"))
assert plan["format"] == "aqua-plan" and plan["choice"]["method"] == "greedy"
k = [layer["k"] for layer in plan["layers"]]
assert len(k) == 6 and all(len(layer) == 4 for layer in k)
total = sum(map(sum, k))
assert report["uniform"]["k"] == 19 and total <= 19 * 24 == report["uniform"]["kept"]
assert report["plan"]["loss"] < report["uniform"]["loss"]
mean = lambda level: sum(c[level(l, g) - 1] for l, layer in enumerate(report["layers"])
                         for g, c in enumerate(layer["curves"])) / 24
assert abs(mean(lambda l, g: k[l][g]) - report["plan"]["loss"]) < 1e-12
assert abs(mean(lambda l, g: 19) - report["uniform"]["loss"]) < 1e-12
names = [e["corpus"]["name"] for e in report["evaluations"]]
assert names == ["en-rest", "hi"], names
for evaluation in report["evaluations"]:
    loss = evaluation["measures"]["query_energy_loss"]
    d = loss["difference"]
    assert abs(d["value"] - (loss["plan"]["value"] - loss["uniform"]["value"])) < 1e-12
    assert d["low"] <= d["value"] <= d["high"]
'

# The fewest dimensions within a limit, with attention itself as the objective.
aqua plan -q m.aqua.h5 $tiny --loss-limit 0.2 --objective output_error --step 16 --eval hi -o q.json
expect_status 0
expect_80_columns stdout
expect_stdout_contains "asked for  a mean loss of at most 0.2"
python '
import json
plan = json.load(open("q.json"))
assert all(k % 16 == 0 for layer in plan["layers"] for k in layer["k"])
assert plan["choice"]["loss"] <= 0.2 and plan["choice"]["budget"] is None'

# What reads a plan.
aqua inspect p.json
expect_status 0
expect_stdout_contains "p.json: plan of kept dimensions"
aqua analyze retention -q m.aqua.h5 -c en $tiny --bases aqua --k-ratios 0.5 --plan p.json --csv r.csv
expect_status 0
expect_80_columns stdout
expect_stdout_contains "       plan  "
python '
import csv
rows = [r for r in csv.DictReader(open("r.csv")) if r["k"] == "plan" and r["level"] == "model"]
assert {r["selection"] for r in rows} == {"static", "dynamic"} and len(rows) == 18, rows'

# What is wrong.
expect_failure 2 '--objective: "speed" is not one of query_loss, query_energy_loss, key_loss, key_energy_loss, logit_error, total_variation, kl_divergence, output_error' plan --objective speed
expect_failure 2 "--step: expected a divisor of the head dimension 64, found 7" plan -q m.aqua.h5 --step 7
python '
import json
plan = json.load(open("p.json"))
plan["model"]["sha256"] = "0" * 64
json.dump(plan, open("other.json", "w"))'
aqua analyze retention -q m.aqua.h5 -c en $tiny --bases aqua --plan other.json
expect_status 3
expect_stderr_contains "aqua: other.json: planned for other weights: expected aqua-tiny-bilingual (sha256 "
