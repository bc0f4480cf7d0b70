# --resume: finished parts are kept and taken up again, with the same result; other requests do not
# use them; what is damaged is named.
. "$(dirname "$0")/lib.sh"

options="$small --layers 0 --k-ratios 0.5 --bootstrap 20 --no-pairs"
for command in "transfer $options" "convergence $small --layers 0 --k-ratios 0.5 --bootstrap 20"; do
  rm -rf work
  aqua analyze $command --json -q
  expect_status 0
  cp stdout plain.json
  aqua analyze $command --json --resume work
  expect_status 0
  grep -q "taken from" stderr && broken "expected nothing to take from an empty folder"
  cp stdout first.json
  aqua analyze $command --json --resume work
  expect_status 0
  expect_stderr_contains "measurements on "
  expect_stderr_contains "taken from work/measured-"
  ! grep -q "fitting en: " stderr || broken "expected no fit"
  cp stdout second.json
  python '
import json
plain, first, second = (json.load(open(f)) for f in ("plain.json", "first.json", "second.json"))
for result in (plain, first, second):
    del result["provenance"]
assert plain == first == second
'
done

# A run that stopped between parts continues: the fit is there, the measurement is made anew.
rm work/measured-*
aqua analyze convergence $small --layers 0 --k-ratios 0.5 --bootstrap 20 --json --resume work
expect_status 0
expect_stderr_contains "fit on en: taken from work/fit-en-"
expect_stderr_contains "measuring en: done"

# Another seed holds out other documents: nothing fits.
aqua analyze convergence $small --layers 0 --k-ratios 0.5 --bootstrap 20 --seed 9 --resume work
expect_status 0
! grep -q "taken from" stderr || broken "expected nothing to be taken up"
for what in "fit on en" "measurements on en"; do
  expect_stderr_contains \
    "$what: work has only that of another model, text, options or version; starting anew"
done

# Nor does what other kernels computed. The reference is OpenBLAS, which is also what a CPU without
# AVX-512 runs otherwise: there the parts are the same.
aqua inspect --system
cp stdout system
aqua analyze convergence $small --layers 0 --k-ratios 0.5 --bootstrap 20 --compute reference --resume work
expect_status 0
if grep -q "products, float32 *oneDNN" system; then
  ! grep -q "taken from" stderr || broken "expected nothing to be taken up"
  expect_stderr_contains "fit on en: work has only that of another model, text, options or version"
else
  expect_stderr_contains "fit on en: taken from work/fit-en-"
fi

# Scores of tokens serve other intervals.
aqua analyze perplexity $small -c en --bootstrap 20 -q --resume work
aqua analyze perplexity $small -c en --bootstrap 30 --resume work
expect_status 0
expect_stderr_contains "scores of en, sequences 1 to 4: taken from work/scores-en-0-"
aqua analyze perplexity $small -c en --bootstrap 20 --variants h2o --resume work
expect_status 0
expect_stderr_contains \
  "scores of en, sequences 1 to 4: work has only that of another model, text, options or version"

for file in work/fit-en-*; do echo damaged >"$file"; done
aqua analyze convergence $small --layers 0 --k-ratios 0.5 --bootstrap 20 -q --resume work
expect_status 3
expect_stderr_contains "work/fit-en-"

touch plainfile
expect_failure 3 "plainfile: cannot be made a folder: Not a directory" \
  analyze transfer $options --resume plainfile
