# aqua verify: files of every kind hold; damage is named in one sentence, with status 4.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 0,3 -c en -o m.aqua.h5
expect_status 0
aqua verify m.aqua.h5 -m "$model"
expect_status 0
expect_stdout_contains "m.aqua.h5: calibration"
expect_stdout_contains "factors        holds    "
expect_stdout_contains "model weights  holds    "
expect_stderr_is ""
expect_80_columns stdout
aqua verify m.aqua.h5 --json
expect_status 0
python 'import json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-verify" and result["schema_version"] == 1
assert result["file"] == {"path": "m.aqua.h5", "kind": "calibration", "failed": 0}, result["file"]
checks = {check["check"]: check["verdict"] for check in result["checks"]}
assert checks == dict.fromkeys(("structure", "orthogonal", "falling", "factors", "counts", "digests",
                                "corpora"), "holds"), checks'

# Exports of every format, type and method.
for request in "a.safetensors" "b.gguf --dtype bfloat16" "c.npz --dtype float16 --s-ratio 0.3" \
  "d.h5 --dtype float16" "e.npz --method kq-svd" "f.gguf --method random"; do
  aqua export -q m.aqua.h5 -o $request
  expect_status 0
  aqua verify ${request%% *} -m "$model"
  expect_status 0
  expect_80_columns stdout
done
aqua capture -q --max-tokens 300 --layers 1 -c en -o acts.h5
aqua verify acts.h5 -m "$model"
expect_status 0
expect_stdout_contains "finite         holds    all vectors of 1 site"

# damage CODE: the calibration with that done to it; one sentence and status 4.
damaged() {
  cp m.aqua.h5 bad.aqua.h5
  python "import h5py, numpy as np
with h5py.File('bad.aqua.h5', 'r+') as f:
    site = f['layers/003/post_rope']
    $2"
  aqua verify bad.aqua.h5
  expect_status 4
  expect_stdout_contains "fails"
  expect_stderr_contains "aqua: bad.aqua.h5: $1"
  [ "$(wc -l <stderr)" -eq "${3:-1}" ] || broken "expected ${3:-1} sentence"
}
damaged "layer 3, post_rope, KV head 1: expected ‖PᵀP−I‖ of at most 1e-09, found " \
  'site["basis"][1, 0, 0] += 0.01' 2 # and P no longer fits the factors
damaged "layer 3, post_rope, KV head 2: expected ‖(XP)ᵀ(XP)−Σ²‖/σ₁² of at most 1e-09, found " \
  'site["r_key"][2, 0, 0] *= 1.01'
damaged "layer 3, post_rope, KV head 0: expected falling singular values, none negative, found -1 at 63" \
  'site["singular_values"][0, 63] = -1' 2
damaged 'layer 3, post_rope, KV head 0: expected as many keys as counted tokens of the corpora, 1024, found 1023' \
  'site["count_key"][0] = 1023; site["count_query"][0] = 2 * 1023'
damaged '"/layers/003/post_rope/r_query": expected finite numbers, found nan' \
  'site["r_query"][0, 0, 0] = np.nan'
damaged '"/layers/003/post_rope/basis": expected shape [4, 64, 64], found [4, 64, 63]' \
  'x = site["basis"][:, :, 1:]; del site["basis"]; site["basis"] = x'
damaged 'model_sha256: expected a sha256 of 64 digits, found "abc"' 'f.attrs["model_sha256"] = "abc"'
damaged 'corpus en: expected ' 'f.attrs["corpus_sha256"] = ["0" * 64]'

# Another model, another layout.
cp m.aqua.h5 other.aqua.h5
python 'import h5py
with h5py.File("other.aqua.h5", "r+") as f: f.attrs["model_sha256"] = "0" * 64'
aqua verify other.aqua.h5 -m "$model"
expect_status 4
expect_stderr_contains "aqua: other.aqua.h5: model: expected sha256 "
aqua export -q m.aqua.h5 --rope-layout interleaved -o x.gguf
aqua verify x.gguf -m "$model"
expect_status 4
expect_stderr_is "aqua: x.gguf: model: expected rope_layout half, found interleaved"

# A projection file that NumPy wrote.
python 'import numpy as np
held = dict(np.load("c.npz"))
np.savez_compressed("n.npz", **held)
held["model.layers.3.self_attn.aqua_proj"] = 2 * held["model.layers.3.self_attn.aqua_proj"]
np.savez("bad.npz", **held)'
aqua verify n.npz -m "$model"
expect_status 0
aqua verify bad.npz
expect_status 4
expect_stderr_contains "aqua: bad.npz: layer 3, KV head "
expect_stderr_contains ": expected ‖PᵀP−I‖ of at most 0.0098, found 20"

expect_failure 3 "none.h5: there is no such file" verify none.h5
echo text >text.txt
expect_failure 3 "text.txt: expected a calibration, activations, projections or a plan, found something else" \
  verify text.txt
