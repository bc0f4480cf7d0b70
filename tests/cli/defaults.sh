# Without -m, -c and -o the bundled model and text serve, and files get names in the current folder.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q --layers 0
expect_status 0
expect_stderr_is ""
expect_only_files aqua-tiny-bilingual.aqua.h5
aqua capture -q $small --layers 0
expect_status 0
expect_only_files aqua-tiny-bilingual.aqua.h5 aqua-tiny-bilingual.en.activations.h5

# A calibration in memory gives what a file gives.
options="$small --layers 0 --bases aqua,identity --bootstrap 0 --csv - -q"
aqua calibrate -q $small --layers 0 -c hi
aqua analyze retention $options -c hi -c en
expect_status 0
mv stdout memory.csv
aqua analyze retention aqua-tiny-bilingual.aqua.h5 $options -c hi -c en
expect_status 0
cmp -s stdout memory.csv || broken "expected equal results"
