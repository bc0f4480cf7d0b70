# Missing, damaged or unsuitable input ends with status 3 and one sentence that names the file.
. "$(dirname "$0")/lib.sh"

fails_naming() {
  local name=$1
  shift
  aqua "$@"
  expect_status 3
  expect_stdout_is ""
  expect_stderr_contains "$name"
  [ "$(wc -l <stderr)" -eq 1 ] || broken "expected one line on stderr"
}

# the model
expect_failure 3 \
  "nowhere: there is no such model folder, nor a bundled model of that name (aqua-tiny-bilingual)" \
  calibrate -m nowhere
fails_naming ./nowhere calibrate -q -m ./nowhere
mkdir empty
fails_naming config.json calibrate -q -m empty
mkdir truncated
cp "$model"/*.json truncated
head -c 100000 "$model/model.safetensors" >truncated/model.safetensors
fails_naming truncated/model.safetensors calibrate -q -m truncated
fails_naming truncated/model.safetensors inspect truncated/model.safetensors

# the text
fails_naming missing.txt calibrate -q -c x=missing.txt
: >empty.txt
fails_naming empty.txt calibrate -q -c x=empty.txt
printf ' \n\n \n' >blank.txt
fails_naming blank.txt calibrate -q -c x=blank.txt
printf 'caf\351\n' >latin1.txt
fails_naming latin1.txt calibrate -q -c x=latin1.txt
printf '{"no": "text"}\n' >bad.jsonl
fails_naming bad.jsonl calibrate -q -c x=bad.jsonl

# the calibration
fails_naming missing.aqua.h5 analyze retention -q missing.aqua.h5
fails_naming empty.txt analyze retention -q empty.txt $small
fails_naming empty.txt export empty.txt
fails_naming missing.h5 analyze retention -q --activations missing.h5

# what to inspect
expect_failure 3 "./nothing: there is no such file or folder" inspect ./nothing
expect_failure 3 \
  "empty.txt: expected a model folder, a safetensors, GGUF or NPZ file, a plan, or an HDF5 file of aqua, found something else" \
  inspect empty.txt
