# A captured file gives the numbers of the live model to the last bit.
. "$(dirname "$0")/lib.sh"

options="--bases aqua,keys,native --k-ratios 0.25,0.5 --bootstrap 100 -q"
aqua calibrate -q $small --layers 1,4 -c en -o m.aqua.h5
expect_status 0
aqua analyze retention m.aqua.h5 $small --stride 128 --layers 1,4 $options --csv live.csv
expect_status 0
for name in en hi; do
  aqua capture -q $small --stride 128 --layers 1,4 -c $name -o $name.h5
  expect_status 0
done
aqua analyze retention m.aqua.h5 --activations en.h5 --activations hi.h5 $options --csv replay.csv
expect_status 0
cmp -s live.csv replay.csv || broken "expected equal numbers live and replayed"
[ "$(wc -l <live.csv)" -gt 1000 ] || broken "expected many numbers"

aqua inspect en.h5
expect_status 0
expect_stdout_contains "layers            [1, 4]"

# Without values there is nothing to compute head outputs from.
aqua capture -q $small --layers 1 -c en --no-values -o novalues.h5
expect_status 0
expect_failure 2 "novalues.h5: holds no value vectors (v): capture them with values" \
  analyze retention --activations novalues.h5 $options
