# analyze transfer: matrix, gaps and aligned differences as text, JSON and CSV; other rows; errors.
. "$(dirname "$0")/lib.sh"

options="$small --layers 0,3 --k-ratios 0.25,0.5 --bootstrap 50 --pair-queries 4"
aqua analyze transfer $options --csv numbers.csv --per-layer
expect_status 0
expect_80_columns stdout
expect_stdout_contains "aligned      en, hi: 8 documents with the same ids"
expect_stdout_contains "beyond noise"
expect_stdout_contains "Gap T[a][b] - T[b][b]"
expect_stdout_contains "By layer, dynamic selection: fitted on hi, measured on en"

aqua calibrate $small --layers 0,3 -o both.aqua.h5 -c en -c hi -q
aqua analyze transfer both.aqua.h5 $options --json -q
expect_status 0
python '
import csv, json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-transfer" and result["schema_version"] == 1
assert [f["name"] for f in result["fits"]] == ["both", "en", "hi"]
assert [len(f["corpora"]) for f in result["fits"]] == [2, 1, 1]
cells = {(c["measure"], c["selection"], c["k_ratio"], c["fit"], c["evaluation"]): c
         for c in result["cells"]}
for (measure, selection, ratio, fit, evaluation), cell in cells.items():
    native = cells[measure, selection, ratio, evaluation, evaluation]
    if fit == evaluation:
        assert cell["gap"] is None
    else:
        assert abs(cell["value"] - native["value"] - cell["gap"]["value"]) < 1e-12
        assert cell["gap"]["low"] <= cell["gap"]["value"] <= cell["gap"]["high"]
one = cells["query_loss", "dynamic", 0.5, "en", "hi"]
assert one["gap"]["finding"] == "higher"
rows = {(r["quantity"], r["measure"], r["selection"], r["k_ratio"], r["fit"], r["evaluation"],
         r["level"], r["layer"]): r for r in csv.DictReader(open("numbers.csv"))}
row = rows["gap", "query_loss", "dynamic", "0.5", "en", "hi", "model", ""]
assert float(row["value"]) == one["gap"]["value"] and float(row["low"]) == one["gap"]["low"]
assert {d["first"] + d["second"] for d in result["aligned"]["differences"]} == {"enhi"}
assert len(result["subspaces"]) == 3 * 2
'

# Captured files give the same numbers as the live model.
aqua analyze transfer $options --json -q
cp stdout live.json
for corpus in en hi; do aqua capture $small --layers 0,3 --site post_rope -c $corpus -o $corpus.h5 -q; done
aqua analyze transfer --activations en.h5 --activations hi.h5 --k-ratios 0.25,0.5 --bootstrap 50 \
  --pair-queries 4 --json -q
expect_status 0
python '
import json
live, replayed = json.load(open("live.json")), json.load(open("stdout"))
for key in ("cells", "aligned", "subspaces", "evaluations"):
    assert live[key] == replayed[key], key
'

expect_failure 2 '--aligned: there is no corpus "fr"' analyze transfer $options -q --aligned en,fr
expect_failure 2 '--aligned: expected two corpora or more, found only "en"' \
  analyze transfer --aligned en
expect_failure 2 '--k-ratios: 0.5 is given twice' analyze transfer --k-ratios 0.5,0.5
