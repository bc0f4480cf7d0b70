# A calibration of another model is refused, by its weights and by its layout.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 0 -o first.aqua.h5
expect_status 0
mkdir changed
cp "$model"/* changed
# the last byte of the last weight
python 'import sys
with open("changed/model.safetensors", "r+b") as file:
    file.seek(-2, 2); byte = file.read(1); file.seek(-2, 2); file.write(bytes([byte[0] ^ 1]))'
aqua analyze retention -q first.aqua.h5 -m changed -c en $small --layers 0
expect_status 3
expect_stdout_is ""
expect_stderr_contains "aqua: first.aqua.h5: calibrated for other weights: expected changed (sha256 "
expect_stderr_contains ", found aqua-tiny-bilingual (sha256 "
