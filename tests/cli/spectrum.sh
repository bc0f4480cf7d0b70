# analyze spectrum: from a file, without a model, and by fitting; JSON and CSV; errors.
. "$(dirname "$0")/lib.sh"

aqua calibrate $small --layers 1,2 -o m.aqua.h5 -q
aqua analyze spectrum m.aqua.h5 --csv numbers.csv --per-head
expect_status 0
expect_stderr_is ""
expect_80_columns stdout
expect_stdout_contains "post_rope: mean over 4 KV heads"
expect_stdout_contains "post_rope, key: effective rank/k for 90/95/99 %"

aqua analyze spectrum m.aqua.h5 --json
expect_status 0
cp stdout file.json
aqua analyze spectrum $small --layers 1,2 -c en --json -q
expect_status 0
python '
import csv, json
read, fitted = json.load(open("file.json")), json.load(open("stdout"))
assert read["schema"] == "aqua-spectrum"
assert read["calibration"]["file"] == "m.aqua.h5" and fitted["calibration"]["file"] is None
assert read["layers"] == fitted["layers"]
head = read["layers"][0]["heads"][3]
for factor in ("joint", "query", "key"):
    f = head[factor]
    energies = [s * s for s in f["singular_values"]]
    for share, rank in zip(read["energy_shares"], f["ranks"], strict=True):
        assert sum(energies[:rank]) >= share * sum(energies) * (1 - 1e-12) > sum(energies[:rank - 1])
rows = list(csv.DictReader(open("numbers.csv")))
ranks = [r for r in rows if r["quantity"] == "rank" and r["index"] == "0.9" and r["layer"] == "1"
         and r["kv_head"] == "3" and r["factor"] == "key"]
assert [float(r["value"]) for r in ranks] == [head["key"]["ranks"][0]]
'

aqua analyze spectrum m.aqua.h5 --layers 1 --json
python 'import json; assert [l["layer"] for l in json.load(open("stdout"))["layers"]] == [1]'
expect_failure 2 "--layers: m.aqua.h5 holds none of the layers 0" \
  analyze spectrum m.aqua.h5 --layers 0
expect_failure 2 "--energy: expected shares above 0 and up to 1, found 1.5" \
  analyze spectrum m.aqua.h5 --energy 1.5
