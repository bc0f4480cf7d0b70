# Shards of a text merge into what the whole text gives; what does not belong together is refused.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 1,4 -c en -c hi -o whole.aqua.h5
expect_status 0
for i in 1 2 3; do
  aqua calibrate -q $small --layers 1,4 -c en -c hi --shard $i/3 -o $i.aqua.h5
  expect_status 0
done
aqua merge 2.aqua.h5 3.aqua.h5 1.aqua.h5 -o merged.aqua.h5
expect_status 0
expect_stdout_contains "Merged 3 calibrations of aqua-tiny-bilingual"
expect_80_columns stdout

python 'import h5py, json, numpy as np
whole, merged = h5py.File("whole.aqua.h5"), h5py.File("merged.aqua.h5")
for key in ("corpus_name", "corpus_sha256", "corpus_documents", "corpus_tokens", "model_sha256"):
    assert np.array_equal(whole.attrs[key], merged.attrs[key]), key
parts = json.loads(merged.attrs["options"])["parts"]
assert [p["options"]["shard"] for p in parts] == ["2/3", "3/3", "1/3"], parts
for layer in ("001", "004"):
    a, b = (f["layers"][layer]["post_rope"] for f in (whole, merged))
    for name in ("count_query", "count_key"):
        assert (a[name][...] == b[name][...]).all()
    scale = a["singular_values"][...].max()
    for name in ("r_query", "r_key", "singular_values"):
        assert np.abs(a[name][...] - b[name][...]).max() < 1e-10 * scale, (layer, name)'

# A merged file is a calibration like any other.
aqua merge merged.aqua.h5 whole.aqua.h5 --json -o twice.aqua.h5
expect_status 0
python 'import json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-merge" and result["output"]["parts"] == 2, result'
aqua analyze retention merged.aqua.h5 -q $small --layers 1 --bootstrap 0
expect_status 0

expect_failure 2 "1.aqua.h5 and 1.aqua.h5 hold the same statistics: their text would count twice" \
  merge -q 1.aqua.h5 1.aqua.h5 -o out.aqua.h5
expect_failure 2 "1.aqua.h5: the result would replace one of its parts; choose another --output" \
  merge -q 1.aqua.h5 2.aqua.h5 -o 1.aqua.h5
aqua calibrate -q $small --layers 0 -c en -o other.aqua.h5
expect_status 0
expect_failure 2 "other.aqua.h5: expected the layers and sites of 1.aqua.h5 (post_rope of layers 1, 4), found post_rope of layers 0" \
  merge -q 1.aqua.h5 other.aqua.h5 -o out.aqua.h5
cp 2.aqua.h5 foreign.aqua.h5
python 'import h5py
with h5py.File("foreign.aqua.h5", "r+") as f: f.attrs["model_sha256"] = "0" * 64'
aqua merge -q 1.aqua.h5 foreign.aqua.h5 -o out.aqua.h5
expect_status 3
expect_stderr_contains "aqua: foreign.aqua.h5: calibrated for other weights: expected aqua-tiny-bilingual (sha256 "
expect_failure 2 'shard: expected i/n with i from 1 to n, such as 2/8, found "4/3"' \
  calibrate -q $small --shard 4/3 -o out.aqua.h5
expect_no_file out.aqua.h5
