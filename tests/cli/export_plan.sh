# A plan's k of each head go into the exported files; a plan is verified like any other file.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small -o m.aqua.h5
expect_status 0
aqua plan -q m.aqua.h5 --max-tokens 512 --sequence-length 128 --bootstrap 0 --budget 0.3 -o p.json
expect_status 0
aqua verify p.json -m "$model"
expect_status 0
expect_stdout_contains "p.json: plan"
for format in npz h5 gguf safetensors; do
  aqua export -q m.aqua.h5 --plan p.json -o m.$format
  expect_status 0
  aqua verify m.$format -m "$model"
  expect_status 0
done
python 'import h5py, json, numpy as np
npz, h5 = np.load("m.npz"), h5py.File("m.h5")
assert npz["selection"].item() == h5.attrs["selection"] == "dynamic"
for layer in json.load(open("p.json"))["layers"]:
    i = layer["layer"]
    assert npz[f"model.layers.{i}.self_attn.aqua_kept"].tolist() == layer["k"], i
    assert h5[f"layers/{i:03d}/kept"][...].tolist() == layer["k"], i'
expect_failure 2 "plan: expected one chosen on the basis keys, found aqua" \
  export -q m.aqua.h5 --plan p.json --method keys -o x.npz
python 'import json
plan = json.load(open("p.json"))
plan["model"]["sha256"] = "0" * 64
json.dump(plan, open("other.json", "w"))'
aqua verify other.json -m "$model"
expect_status 4
expect_stderr_contains "aqua: other.json: model: expected sha256 "
