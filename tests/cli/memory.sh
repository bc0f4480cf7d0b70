# Peak memory stays within what --dry-run says, which is one layer and the hidden states, not the
# model; with --memory-limit the hidden states leave memory and nothing else changes.
. "$(dirname "$0")/lib.sh"

# A BF16 checkpoint of 6 layers, 184 MB, with small random weights; the bundled tokenizer.
mkdir big
cp "$model"/tokenizer*.json big
python 'import json, random, struct
hidden, inner, q, kv, vocabulary, layers = 1024, 4096, 1024, 256, 8192, 6
json.dump({"model_type": "llama", "num_hidden_layers": layers, "hidden_size": hidden,
           "intermediate_size": inner, "vocab_size": vocabulary, "num_attention_heads": 16,
           "num_key_value_heads": 4, "head_dim": 64, "tie_word_embeddings": True,
           "rms_norm_eps": 1e-5, "rope_theta": 10000.0}, open("big/config.json", "w"))
random.seed(1)
# Upper halves of float32: uniform in about +-1/32.
block = b"".join(struct.pack("<f", random.uniform(-1, 1) / 32)[2:] for _ in range(1 << 16))
shapes = {"model.embed_tokens": [vocabulary, hidden], "model.norm": [hidden]}
for i in range(layers):
    for name, shape in {"input_layernorm": [hidden], "post_attention_layernorm": [hidden],
                        "self_attn.q_proj": [q, hidden], "self_attn.k_proj": [kv, hidden],
                        "self_attn.v_proj": [kv, hidden], "self_attn.o_proj": [hidden, q],
                        "mlp.gate_proj": [inner, hidden], "mlp.up_proj": [inner, hidden],
                        "mlp.down_proj": [hidden, inner]}.items():
        shapes[f"model.layers.{i}.{name}"] = shape
header, at = {}, 0
for name, shape in shapes.items():
    size = 2
    for extent in shape:
        size *= extent
    header[name + ".weight"] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
    at += size
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("big/model.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text)
    for name, shape in shapes.items():
        size = header[name + ".weight"]["data_offsets"][1] - header[name + ".weight"]["data_offsets"][0]
        data = block if len(shape) == 2 else struct.pack("<H", 0x3f80)
        while size > 0:
            size -= file.write(data[:size])'

work_options="-m big --max-tokens 3000 --sequence-length 512 --threads 2 --quiet"
aqua calibrate $work_options --dry-run --json
expect_status 0
mv stdout plan
expect_no_file big.aqua.h5

# Runs calibrate and keeps the largest resident size of the process, in kB.
measured() {
  peak=$(python 'import os, resource, subprocess, sys
subprocess.run([os.environ["AQUA"], "calibrate"] + sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@")
}
export AQUA
measured $work_options -o memory.aqua.h5
echo "$peak" >peak
case $(cat "$AQUA_BUILD_DIR/CMakeCache.txt") in
  *AQUA_SANITIZE:*=*address*) ;; # which keeps freed memory
  *)
    python 'import json
plan = json.load(open("plan"))["memory"]
parts = sum(plan[k] for k in ("weights", "reading", "hidden_states", "workspaces", "statistics", "program"))
assert plan["total"] == parts, plan
assert plan["hidden_states"] == 3000 * 1024 * 4, plan
measured = int(open("peak").read()) * 1024
assert measured <= plan["total"], (measured, plan)
# The bound says something: less than all weights in float32 (367 MB), and not far above the peak.
assert plan["total"] < 367e6, plan
assert plan["total"] < measured + plan["program"], (measured, plan)'
    ;;
esac

aqua calibrate $work_options -o file.aqua.h5 --memory-limit 4MB
expect_status 0
aqua calibrate $work_options --memory-limit 4MB --dry-run --json
python 'import json
plan = json.load(open("stdout"))["memory"]
assert plan["hidden_states_in_file"] is True, plan
assert plan["hidden_states"] == 2 * 512 * 1024 * 4, plan'
for file in memory file; do
  aqua inspect $file.aqua.h5 --json
  python 'import json
print(json.load(open("stdout"))["spectrum"])' >$file.spectrum
  [ -s $file.spectrum ] || broken "expected a spectrum"
done
cmp -s memory.spectrum file.spectrum || broken "the memory limit changed the result"

expect_failure 2 "--memory-limit: expected a size such as 500MB or 2GiB, found much; see aqua calibrate --help" calibrate --memory-limit much
