# A model folder without tokenizer.json is read with its tokenizer.model; what is no such model is refused.
. "$(dirname "$0")/lib.sh"

mkdir folder
cp "$model"/config.json "$model"/model.safetensors folder
cp "$AQUA_SOURCE_DIR"/tests/golden/text/models/sentencepiece_bpe.model folder/tokenizer.model
aqua inspect folder
expect_status 0
expect_stdout_contains "tokenizer tokens   420"
aqua calibrate -q $small --layers 0 -m folder -o out.aqua.h5 -c en="$AQUA_SOURCE_DIR"/README.md
expect_status 0
expect_file out.aqua.h5

printf 'a text' >folder/tokenizer.model
expect_failure 3 "folder/tokenizer.model: not a SentencePiece model: cut off at byte 1" \
  inspect folder
