# The main job: calibrate, analyze, export, inspect; other programs read the files.
. "$(dirname "$0")/lib.sh"

aqua calibrate $small -c en -o m.aqua.h5
expect_status 0
expect_stdout_contains "Calibrated aqua-tiny-bilingual"
expect_stdout_contains "calibration file  m.aqua.h5"
expect_stdout_contains "aqua analyze retention m.aqua.h5"
expect_stderr_contains "fitting en: "

aqua analyze retention m.aqua.h5 $small --bases aqua,native --k-ratios 0.25,0.5 --bootstrap 50
expect_status 0
expect_stdout_contains "calibration  m.aqua.h5, fitted on en (1,024 tokens)"
expect_stdout_contains "Summary: mean query loss"
expect_stdout_contains "hi: query loss"
expect_stdout_contains "What the numbers are"
expect_80_columns stdout

aqua export m.aqua.h5
expect_status 0
expect_stdout_contains "projection file  m.proj.safetensors"
expect_stderr_is ""
aqua export m.aqua.h5 -o m.proj.h5
expect_status 0
expect_file m.proj.h5

for file in m.aqua.h5 m.proj.safetensors m.proj.h5 "$model" "$model/model.safetensors"; do
  aqua inspect "$file"
  expect_status 0
  expect_stdout_contains "$file: "
  aqua inspect "$file" --json
  expect_status 0
  python 'import json; assert json.load(open("stdout"))["schema"].startswith("aqua-inspect-")'
done

python 'import h5py, numpy
with h5py.File("m.aqua.h5") as calibration, h5py.File("m.proj.h5") as projection:
    basis = calibration["layers/003/post_rope/basis"][...]
    error = numpy.abs(numpy.swapaxes(basis, 1, 2) @ basis - numpy.eye(64)).max()
    assert basis.shape == (4, 64, 64) and error < 1e-12, (basis.shape, error)
    exported = projection["layers/003/projection"][...]
    assert (exported == basis.astype(numpy.float32)).all()'
expect_only_files m.aqua.h5 m.proj.h5 m.proj.safetensors
