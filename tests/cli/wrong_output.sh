# Output that cannot be written ends with status 3, before the work where it can be known, and leaves
# nothing behind.
. "$(dirname "$0")/lib.sh"

expect_failure 3 "no/such/folder/out.h5: cannot be written: the folder no/such/folder does not exist" \
  calibrate -o no/such/folder/out.h5
mkdir folder
expect_failure 3 "folder: expected a file name to write, found a folder" calibrate -o folder
: >file
expect_failure 3 "file/out.h5: cannot be written: the folder file does not exist" \
  calibrate -o file/out.h5
aqua calibrate -o /proc/out.h5
expect_status 3
expect_stderr_contains "/proc/out.h5: cannot be written: "
expect_failure 3 "no/retention.csv: cannot be written: the folder no does not exist" \
  analyze retention --csv no/retention.csv
expect_failure 3 "no/out.h5: cannot be written: the folder no does not exist" capture -o no/out.h5

aqua calibrate -q $small --layers 0 -o ok.aqua.h5
expect_status 0
expect_failure 3 "no/out.safetensors: cannot be written: the folder no does not exist" \
  export ok.aqua.h5 -o no/out.safetensors
expect_failure 2 "ok.aqua.h5: the export would replace the calibration itself; choose another --output" \
  export ok.aqua.h5 --format hdf5 -o ok.aqua.h5
expect_failure 2 "out.txt: no export format has this extension; choose one with --format" \
  export ok.aqua.h5 -o out.txt
expect_only_files file ok.aqua.h5
