"""Reads the weights of llama2.c (version 0: seven integers and float32 arrays) and writes them as a
Hugging Face folder and as a GGUF file. Not a test.

Its query and key rows are arranged for rotary embedding over neighbouring dimensions, as in GGUF files
of architecture llama; Hugging Face wants dimension i beside i + d/2.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import save_file


@dataclass
class Checkpoint:
    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int
    positions: int
    arrays: dict[str, np.ndarray]  # GGUF's names


@dataclass
class Vocabulary:
    pieces: list[str]
    scores: list[float]
    types: list[int]  # gguf.TokenType


def read_checkpoint(path):
    data = Path(path).read_bytes()
    header = struct.unpack("<7i", data[:28])
    hidden, inner, layers, heads, kv_heads, vocabulary, positions = header
    assert vocabulary > 0, "the output head is the embedding"
    values = np.frombuffer(data, dtype="<f4", offset=28)
    kv = hidden // heads * kv_heads
    at = 0

    def take(*shape):
        nonlocal at
        count = int(np.prod(shape))
        at += count
        return values[at - count : at].reshape(shape)

    stacked = {"token_embd": take(vocabulary, hidden)}
    for name, *shape in (
        ("attn_norm", hidden),
        ("attn_q", hidden, hidden),
        ("attn_k", kv, hidden),
        ("attn_v", kv, hidden),
        ("attn_output", hidden, hidden),
        ("ffn_norm", hidden),
        ("ffn_gate", inner, hidden),
        ("ffn_down", hidden, inner),
        ("ffn_up", inner, hidden),
    ):
        stacked[name] = take(layers, *shape)
    arrays = {"token_embd.weight": stacked.pop("token_embd"), "output_norm.weight": take(hidden)}
    for name, stack in stacked.items():
        for layer in range(layers):
            arrays[f"blk.{layer}.{name}.weight"] = stack[layer]
    # Two tables of cosines and sines end the file.
    assert at + 2 * positions * (hidden // heads) // 2 == len(values)
    return Checkpoint(*header, arrays)


def read_vocabulary(path):
    """llama2.c's tokenizer file: pieces with their scores; spaces stand for SentencePiece's mark."""
    data = Path(path).read_bytes()
    at, pieces, scores = 4, [], []
    while at < len(data):
        score, length = struct.unpack_from("<fi", data, at)
        pieces.append(data[at + 8 : at + 8 + length].decode("utf-8"))
        scores.append(score)
        at += 8 + length
    # The first are <unk>, <s>, </s> and the 256 bytes.
    pieces[:3] = ["<unk>", "<s>", "</s>"]
    kinds = [gguf.TokenType.UNKNOWN] + 2 * [gguf.TokenType.CONTROL] + 256 * [gguf.TokenType.BYTE]
    kinds += (len(pieces) - 259) * [gguf.TokenType.NORMAL]
    marked = [p if i < 259 else p.replace(" ", "\u2581") for i, p in enumerate(pieces)]
    return Vocabulary(marked, scores, [int(kind) for kind in kinds])


def from_neighbours(rows, heads):
    """Rows of each head from neighbouring pairs (2i, 2i + 1) to (i, i + d/2)."""
    d = rows.shape[0] // heads
    return rows.reshape(heads, d // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_up": "mlp.up_proj",
}


def write_folder(checkpoint, vocabulary, folder):
    c = checkpoint
    folder.mkdir()
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": c.hidden,
        "intermediate_size": c.inner,
        "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads,
        "num_key_value_heads": c.kv_heads,
        "vocab_size": c.vocabulary,
        "max_position_embeddings": c.positions,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config))
    tensors = {}
    for name, array in c.arrays.items():
        parts = name.split(".")
        new = f"model.layers.{parts[1]}.{NAMES[parts[2]]}.weight" if parts[0] == "blk" else f"{NAMES[parts[0]]}.weight"
        if "attn_q." in name or "attn_k." in name:
            array = from_neighbours(array, c.heads if "attn_q." in name else c.kv_heads)
        tensors[new] = np.ascontiguousarray(array)
    save_file(tensors, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json(vocabulary)))


def tokenizer_json(vocabulary):
    """SentencePiece's BPE in the form of the `tokenizers` package: every way to join two pieces into a
    third is a merge, and those with the best scores come first."""
    pieces = vocabulary.pieces
    number = {piece: i for i, piece in enumerate(pieces)}
    bytes_fall_back = int(gguf.TokenType.BYTE) in vocabulary.types
    merges = []
    for piece, score, kind in zip(pieces, vocabulary.scores, vocabulary.types):
        if kind != gguf.TokenType.NORMAL:
            continue
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in number and right in number:
                merges.append((-score, number[left], number[right], left, right))
    control = [i for i, kind in enumerate(vocabulary.types) if kind in (2, 3)]
    return {
        "version": "1.0",
        "added_tokens": [
            {
                **{"id": i, "content": pieces[i], "special": True, "single_word": False},
                **{"lstrip": False, "rstrip": False, "normalized": False},
            }
            for i in control
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "\u2581"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": bytes_fall_back,
            "vocab": number,
            "merges": [[left, right] for *_, left, right in sorted(merges)],
        },
    }


def write_gguf(checkpoint, vocabulary, path):
    c = checkpoint
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(c.layers)
    writer.add_context_length(c.positions)
    writer.add_embedding_length(c.hidden)
    writer.add_feed_forward_length(c.inner)
    writer.add_head_count(c.heads)
    writer.add_head_count_kv(c.kv_heads)
    writer.add_rope_dimension_count(c.hidden // c.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(c.vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(vocabulary.pieces)
    writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    for name, array in c.arrays.items():
        writer.add_tensor(name, np.ascontiguousarray(array))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
