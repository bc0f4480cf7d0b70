# aqua export: every format with every option that changes what the file holds; requests that cannot be met.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 0,3 -c en -o m.aqua.h5
expect_status 0
for method in aqua keys kq-svd identity random; do
  for format in safetensors gguf npz hdf5; do
    aqua export m.aqua.h5 -q --format $format --method $method -o $method.$format
    expect_status 0
    expect_stdout_contains "format           $format"
  done
done
expect_80_columns stdout
aqua export m.aqua.h5 --rope-layout interleaved --dtype float16 --s-ratio 0.3 -o part.gguf --json
expect_status 0
python 'import json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-export"
output = result["output"]
assert output["rope_layout"] == "interleaved" and output["dtype"] == "float16", output
assert output["head_dim"] == 64 and output["stored_dims"] == 45, output'
aqua export m.aqua.h5 --dtype float16 --s-ratio 0.3 -o part.h5
expect_status 0
aqua export m.aqua.h5 --dtype bfloat16 -o m.safetensors
expect_status 0

python 'import h5py, numpy as np
basis = h5py.File("m.aqua.h5")["layers/003/post_rope/basis"][...]
part = h5py.File("part.h5")
P = part["layers/003/projection"]
assert P.dtype == np.float16 and P.shape == (4, 64, 45), (P.dtype, P.shape)
assert (P[...] == basis[:, :, :45].astype(np.float32).astype(np.float16)).all()
assert part.attrs["stored_dims"] == 45
npz = np.load("kq-svd.npz")
assert npz["method"].item() == "kq-svd" and npz["head_dim"].item() == 64
h5 = h5py.File("kq-svd.hdf5")
for role in ("query", "key"):
    a = npz[f"model.layers.3.self_attn.aqua_{role}_proj"]
    assert (a == h5[f"layers/003/{role}_projection"][...]).all()'


expect_failure 2 'type: npz has no bfloat16; expected float32 or float16, or one of the formats safetensors, gguf' \
  export m.aqua.h5 --dtype bfloat16 -o x.npz
expect_failure 2 'type: hdf5 has no bfloat16; expected float32 or float16, or one of the formats safetensors, gguf' \
  export m.aqua.h5 --dtype bfloat16 -o x.h5
expect_failure 2 's_ratio: expected a number from 0 to below 1, found 1' \
  export m.aqua.h5 --s-ratio 1 -o x.npz
expect_failure 2 'x.onnx: no export format has this extension; choose one with --format' \
  export m.aqua.h5 -o x.onnx
expect_failure 3 'none.json: cannot be opened: No such file or directory' \
  export m.aqua.h5 --plan none.json -o x.npz
expect_no_file x.npz
