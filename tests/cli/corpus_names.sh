# -c takes NAME=PATH or a bundled name; what is wrong is said before the model is loaded.
. "$(dirname "$0")/lib.sh"

expect_failure 2 \
  '--corpus: "fr" is not a bundled corpus (en, hi); a file is given as NAME=PATH' calibrate -c fr
expect_failure 2 '--corpus: expected NAME=PATH, found "=text.txt"' calibrate -c =text.txt
expect_failure 2 '--corpus: expected NAME=PATH, found "en="' calibrate -c en=
expect_failure 2 \
  '--corpus: the name "en" is used twice; names label results, so give each corpus its own' \
  calibrate -c en -c en=other.txt
expect_failure 2 \
  "--corpus: a captured file holds one corpus, found 2; run aqua capture for each" \
  capture -c en -c hi
expect_only_files
