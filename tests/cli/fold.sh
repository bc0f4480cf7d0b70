# aqua export --fold: refuses what cannot be folded, by name, and writes nothing then.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 0 -c en -o m.aqua.h5
expect_status 0
expect_failure 2 "$model: the rotary embedding turns queries and keys by their position after the projection, and no matrix inside the weights can stand for a rotation that comes after it; export the projections without --fold, for the runtime to apply after the rotary embedding" \
  export m.aqua.h5 --fold -m "$model" -o folded
expect_failure 2 "--fold needs the model whose weights it folds into: --model MODEL" \
  export m.aqua.h5 --fold -o folded
expect_failure 2 "--fold writes a model folder; --format does not go with it" \
  export m.aqua.h5 --fold -m "$model" --format npz -o folded
expect_failure 2 "--fold keeps a model's outputs only with an orthogonal basis; kq-svd is none" \
  export m.aqua.h5 --fold -m "$model" --method kq-svd -o folded
expect_only_files m.aqua.h5
