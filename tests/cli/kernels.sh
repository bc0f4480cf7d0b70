# The BLAS kernels are shown, recorded, and warned about in one line when OPENBLAS_CORETYPE holds the
# CPU back.
. "$(dirname "$0")/lib.sh"

aqua inspect --system
expect_status 0
expect_stderr_is ""
expect_stdout_contains "kernels that run"
expect_stdout_contains "available cores"

aqua inspect --system --json
python 'import json
system = json.load(open("stdout"))
assert system["blas"]["library"].startswith("OpenBLAS"), system
assert system["cpu"]["threads"] >= 1, system'

grep -qw avx2 /proc/cpuinfo || exit 0
run env OPENBLAS_CORETYPE=Nehalem "$AQUA" calibrate $small --layers 0 -o m.aqua.h5
expect_status 0
[ "$(grep -c OPENBLAS_CORETYPE stderr)" -eq 1 ] || broken "expected one warning"
aqua inspect m.aqua.h5
expect_stdout_contains "Nehalem"
run env OPENBLAS_CORETYPE=Nehalem "$AQUA" calibrate $small --layers 0 -o m.aqua.h5 --quiet
expect_stderr_is ""
