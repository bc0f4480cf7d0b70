# AQUA_DATA_DIR names another folder of bundled things.
. "$(dirname "$0")/lib.sh"

mkdir -p data/corpora data/models
printf 'Ein Text mit einigen Wörtern darin.\n' >text.txt
printf '{"text": "Ein Text mit einigen Wörtern darin."}\n' >data/corpora/parallel.de.jsonl
ln -s "$model" data/models/renamed
export AQUA_DATA_DIR=$work/data
expect_failure 2 \
  '--corpus: "en" is not a bundled corpus (de); a file is given as NAME=PATH' calibrate -m renamed
expect_failure 3 \
  "aqua-tiny-bilingual: there is no such model folder, nor a bundled model of that name (renamed)" \
  calibrate -c de
aqua calibrate -q -m renamed -c de --layers 0
expect_status 0
expect_file renamed.aqua.h5
