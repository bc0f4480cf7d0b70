"""Writes a Llama checkpoint of any shape with small random BF16 weights; standard library only.

    random_llama.py FOLDER TOKENIZER_FOLDER SHAPE [--filled-layers N]

SHAPE is key=value pairs with commas between: layers, hidden, inner, q_heads, kv_heads, head_dim,
vocabulary. Of a checkpoint too large for this disk only the first N layers hold numbers: the rest of
the file is a hole, which takes no space and reads as zeros.
"""

import argparse
import json
import os
import random
import shutil
import struct
from pathlib import Path

KEYS = ("layers", "hidden", "inner", "q_heads", "kv_heads", "head_dim", "vocabulary")


def shape_of(text):
    shape = {key: int(value) for key, value in (pair.split("=") for pair in text.split(","))}
    if sorted(shape) != sorted(KEYS):
        raise SystemExit(f"random_llama.py: expected {', '.join(KEYS)}, found {', '.join(shape)}")
    return shape


def config_of(shape):
    """What config.json says of the shape."""
    return {"model_type": "llama", "num_hidden_layers": shape["layers"],
            "hidden_size": shape["hidden"], "intermediate_size": shape["inner"],
            "vocab_size": shape["vocabulary"], "num_attention_heads": shape["q_heads"],
            "num_key_value_heads": shape["kv_heads"], "head_dim": shape["head_dim"],
            "tie_word_embeddings": True, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}


def tensors_of(shape):
    """Extents by name, in the order of the file."""
    hidden, inner = shape["hidden"], shape["inner"]
    query, kv = (shape[heads] * shape["head_dim"] for heads in ("q_heads", "kv_heads"))
    tensors = {"model.embed_tokens": [shape["vocabulary"], hidden], "model.norm": [hidden]}
    for i in range(shape["layers"]):
        for name, extents in {
                "input_layernorm": [hidden], "post_attention_layernorm": [hidden],
                "self_attn.q_proj": [query, hidden], "self_attn.k_proj": [kv, hidden],
                "self_attn.v_proj": [kv, hidden], "self_attn.o_proj": [hidden, query],
                "mlp.gate_proj": [inner, hidden], "mlp.up_proj": [inner, hidden],
                "mlp.down_proj": [hidden, inner]}.items():
            tensors[f"model.layers.{i}.{name}"] = extents
    return {f"{name}.weight": extents for name, extents in tensors.items()}


def layer_of(name):
    return int(name.split(".")[2]) if name.startswith("model.layers.") else -1


def bfloat16(value):
    return struct.pack("<f", value)[2:]  # the upper half of a float32


def write(folder, tokenizer, shape, filled_layers=None):
    """Uniform weights of standard deviation 1/sqrt(columns): activations stay of order one."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config_of(shape)))
    for file in Path(tokenizer).glob("tokenizer*.json"):
        shutil.copy(file, folder)
    header, size = {}, 0
    for name, extents in tensors_of(shape).items():
        first = size
        size += 2 * extents[0] * (extents[1] if len(extents) == 2 else 1)
        header[name] = {"dtype": "BF16", "shape": extents, "data_offsets": [first, size]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = random.Random(1)
    blocks = {}  # by columns; a block repeats, shifted by its odd length from row to row
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        start = file.tell()
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            if filled_layers is not None and layer_of(name) >= filled_layers:
                continue
            file.seek(start + first)
            if len(entry["shape"]) == 1:
                file.write(bfloat16(1.0) * ((last - first) // 2))
                continue
            columns = entry["shape"][1]
            if columns not in blocks:
                limit = (3 / columns) ** 0.5
                blocks[columns] = b"".join(bfloat16(generator.uniform(-limit, limit))
                                           for _ in range((1 << 18) + 1))
            for at in range(first, last, len(blocks[columns])):
                file.write(blocks[columns][:last - at])
        os.truncate(file.fileno(), start + size)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("tokenizer")
    parser.add_argument("shape", type=shape_of)
    parser.add_argument("--filled-layers", type=int)
    write(**vars(parser.parse_args()))
