# --layers takes lists and ranges; layers that do not exist are named.
. "$(dirname "$0")/lib.sh"

expect_failure 2 "--layers: there is no layer 6: the model has layers 0 to 5" calibrate -q --layers 6
expect_failure 2 "--layers: there is no layer 9: the model has layers 0 to 5" calibrate -q --layers 0,4-9
expect_failure 2 '--layers: expected layers such as 0,2,5-8, found "a"' calibrate -q --layers 0,a
expect_failure 2 '--layers: expected a range from low to high, found "3-1"' calibrate -q --layers 3-1
expect_failure 2 '--layers: expected layers such as 0,2,5-8, found "-1"' calibrate -q --layers=-1

aqua calibrate $small --layers 4,0-1,1 -o some.aqua.h5 --json
expect_status 0
python 'import json, sys
rows = json.load(open(sys.argv[1]))["spectrum"]
assert [row["layer"] for row in rows] == [0, 1, 4], rows' stdout
