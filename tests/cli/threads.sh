# Results do not depend on the number of threads.
. "$(dirname "$0")/lib.sh"

options="$small -q"
for threads in 1 2; do
  aqua calibrate $options --threads $threads -o $threads.aqua.h5
  expect_status 0
  aqua analyze retention $threads.aqua.h5 $options --threads $threads --k-ratios 0.5 --csv $threads.csv
  expect_status 0
done
cmp -s 1.csv 2.csv || broken "expected equal numbers with 1 and 2 threads"
python '
import h5py, numpy
with h5py.File("1.aqua.h5") as one, h5py.File("2.aqua.h5") as two:
    names = []
    one.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    assert len(names) >= 36, names
    for name in names:
        assert numpy.array_equal(one[name][...], two[name][...]), name
'
