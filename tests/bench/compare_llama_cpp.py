"""Speed of a forward pass of llama.cpp against forward_bench, in one run and on the same shapes.

    python compare_llama_cpp.py FORWARD_BENCH LLAMA_BENCH [SHAPE]...

LLAMA_BENCH is llama.cpp's own benchmark (built with GGML_NATIVE); needs the packages gguf and numpy. It
computes the logits of the last token only; forward_bench computes none, and fits the statistics of all
layers. Both use all cores.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np

# As in forward_bench.cpp: layers, hidden, feed-forward, vocabulary, query heads, KV heads, head dimension.
SHAPES = {"135M": (30, 576, 1536, 49152, 9, 3, 64), "1B": (16, 2048, 8192, 128256, 32, 8, 64)}
LENGTHS = (512, 2048)
TYPES = {"F32": gguf.GGMLQuantizationType.F32, "BF16": gguf.GGMLQuantizationType.BF16}


def write_gguf(path, shape, kind):
    """Random weights; a vocabulary of made-up words, which a benchmark does not read."""
    layers, hidden, inner, vocabulary, heads, kv_heads, head_dim = shape
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(layers)
    writer.add_context_length(max(LENGTHS))
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_rope_dimension_count(head_dim)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"<{i}>" for i in range(vocabulary)])
    writer.add_token_scores([0.0] * vocabulary)
    writer.add_token_types([3] * 3 + [1] * (vocabulary - 3))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    generator = np.random.default_rng(1)

    def matrix(name, rows, columns):
        values = generator.standard_normal((rows, columns), dtype=np.float32) / np.float32(columns**0.5)
        writer.add_tensor(name, gguf.quants.quantize(values, TYPES[kind]), raw_dtype=TYPES[kind])

    def norm(name):
        writer.add_tensor(name, np.ones(hidden, dtype=np.float32))

    matrix("token_embd.weight", vocabulary, hidden)
    norm("output_norm.weight")
    for i in range(layers):
        block = f"blk.{i}."
        norm(block + "attn_norm.weight")
        norm(block + "ffn_norm.weight")
        matrix(block + "attn_q.weight", heads * head_dim, hidden)
        matrix(block + "attn_k.weight", kv_heads * head_dim, hidden)
        matrix(block + "attn_v.weight", kv_heads * head_dim, hidden)
        matrix(block + "attn_output.weight", hidden, heads * head_dim)
        matrix(block + "ffn_gate.weight", inner, hidden)
        matrix(block + "ffn_up.weight", inner, hidden)
        matrix(block + "ffn_down.weight", hidden, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_rates(bench, path):
    """Tokens per second by length."""
    lengths = ",".join(map(str, LENGTHS))
    result = subprocess.run([bench, "-m", path, "-p", lengths, "-n", "0", "-r", "2", "-t",
                             str(os.cpu_count()), "-o", "json"],
                            check=True, capture_output=True, text=True)
    return {row["n_prompt"]: row["avg_ts"] for row in json.loads(result.stdout)}


def aqua_rates(bench, shape):
    """Tokens per second by type and length; prints the benchmark's table on the way."""
    lines = subprocess.run([bench, shape], check=True, stdout=subprocess.PIPE, text=True).stdout
    print(lines, file=sys.stderr, flush=True)
    rows = [line.split() for line in lines.splitlines() if line.startswith(shape)]
    return {(row[1], int(row[2])): float(row[3]) for row in rows}


def mean(a, b):
    return {key: (a[key] + b[key]) / 2 for key in a}


def main(forward_bench, llama_bench, *shapes):
    print("| shape | tokens | aqua float32 | llama.cpp F32 | ratio | aqua bfloat16 | llama.cpp BF16 "
          "| ratio |\n|---|---|---|---|---|---|---|---|")
    for name in shapes or SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            files = {kind: Path(folder) / f"{kind}.gguf" for kind in TYPES}
            for kind, path in files.items():
                write_gguf(path, SHAPES[name], kind)

            def all_llama_rates():
                return {(kind, length): rate for kind, path in files.items()
                        for length, rate in llama_rates(llama_bench, path).items()}

            # Before and after ours, so that a drifting machine speed cancels.
            before = all_llama_rates()
            ours = aqua_rates(forward_bench, name)
            theirs = mean(before, all_llama_rates())
        for length in LENGTHS:
            plain, half = ours["float32", length], ours.get(("bfloat16", length), float("nan"))
            print(f"| {name} | {length} | {plain:.0f} | {theirs['F32', length]:.0f} "
                  f"| {plain / theirs['F32', length]:.2f} | {half:.0f} | {theirs['BF16', length]:.0f} "
                  f"| {half / theirs['BF16', length]:.2f} |", flush=True)


main(*sys.argv[1:])
