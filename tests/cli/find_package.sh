# The installed library serves a program of its own: examples/cpp, through find_package(aqua).
. "$(dirname "$0")/lib.sh"

grep -q '^AQUA_SANITIZE:STRING=.' "$AQUA_BUILD_DIR/CMakeCache.txt" && skip "the library is instrumented"
run cmake --install "$AQUA_BUILD_DIR" --prefix "$work/prefix"
[ "$status" -eq 0 ] || skip "the build is not complete, so it cannot be installed"
run cmake -G Ninja -S "$AQUA_SOURCE_DIR/examples/cpp" -B build -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_FLAGS=-O1
expect_status 0
run cmake --build build
expect_status 0

aqua calibrate -q $small --layers 1,4 -c en -o m.aqua.h5
aqua export -q m.aqua.h5 -o m.gguf
aqua export -q m.aqua.h5 --method kq-svd -o kq.npz
aqua capture -q --max-tokens 256 --sequence-length 128 --layers 1,4 -c hi -o acts.h5
expect_status 0
for file in m.gguf kq.npz; do
  # All dimensions: only rounding remains. Half of them: not nothing, not everything.
  run build/attention_error $file acts.h5 1
  expect_status 0
  python 'assert float(open("stdout").read().split()[-1]) < 1e-4, open("stdout").read()'
  run build/attention_error $file acts.h5 0.5
  expect_status 0
  python 'assert 1e-3 < float(open("stdout").read().split()[-1]) < 1, open("stdout").read()'
done
run build/attention_error "$model/config.json" acts.h5 1
expect_status 1
expect_stderr_is "attention_error: $model/config.json: no projection file"
