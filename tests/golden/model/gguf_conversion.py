"""Writes a Hugging Face checkpoint as a GGUF file, after the conventions of llama.cpp's converter:
metadata keys and tensor names are the gguf package's own, Llama's query and key rows are permuted for
rotary embedding over neighbouring dimensions, Gemma's norms have their 1 added, experts are stacked,
GPT-NeoX's heads are put apart and GPT-2's matrices transposed.

    python gguf_conversion.py FOLDER OUT.gguf
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import load_file

ARCHITECTURES = {
    "llama": "llama",
    "mistral": "llama",
    "mixtral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "qwen3_moe": "qwen3moe",
    "olmo2": "olmo2",
    "olmoe": "olmoe",
    "gemma2": "gemma2",
    "gemma3_text": "gemma3",
    "phi3": "phi3",
    "gpt_neox": "gptneox",
    "gpt2": "gpt2",
}


class Config:
    """config.json under the first of several spellings that it has."""

    def __init__(self, folder):
        self.values = json.loads((folder / "config.json").read_text())
        self.rope = dict(self.values.get("rope_parameters") or self.values.get("rope_scaling") or {})
        if "full_attention" in self.rope:
            self.local_theta = self.rope["sliding_attention"]["rope_theta"]
            self.rope = self.rope["full_attention"]
        else:
            self.local_theta = self.get("rope_local_base_freq")

    def get(self, *keys):
        for key in keys:
            if self.values.get(key) is not None:
                return self.values[key]
        return None


def permuted(rows, heads):
    """Rows of each head from (i, i + d/2) pairs to neighbours (2i, 2i + 1)."""
    d = rows.shape[0] // heads
    return rows.reshape(heads, 2, d // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write_metadata(writer, config, architecture, head_dim):
    hidden = config.get("hidden_size", "n_embd")
    heads = config.get("num_attention_heads", "n_head")
    writer.add_block_count(config.get("num_hidden_layers", "n_layer"))
    writer.add_context_length(config.get("max_position_embeddings", "n_positions"))
    writer.add_embedding_length(hidden)
    inner = config.get("intermediate_size", "n_inner") or 4 * hidden
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    if architecture not in ("gptneox", "gpt2"):
        writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_vocab_size(config.get("vocab_size"))
    if config.get("rms_norm_eps") is not None:
        writer.add_layer_norm_rms_eps(config.get("rms_norm_eps"))
    else:
        writer.add_layer_norm_eps(config.get("layer_norm_eps", "layer_norm_epsilon"))
    if config.get("head_dim") is not None:
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if experts := config.get("num_local_experts", "num_experts"):
        writer.add_expert_count(experts)
        writer.add_expert_used_count(config.get("num_experts_per_tok"))
        if size := config.get("moe_intermediate_size"):
            writer.add_expert_feed_forward_length(size)
    if architecture in ("gemma2", "gemma3", "phi3"):
        writer.add_sliding_window(config.get("sliding_window") or 0)
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(config.get("attn_logit_softcapping"))
        writer.add_final_logit_softcapping(config.get("final_logit_softcapping"))
    if architecture == "gemma3" and config.local_theta != 10000.0:
        writer.add_rope_freq_base_swa(config.local_theta)
    if architecture == "gptneox":
        writer.add_parallel_residual(config.get("use_parallel_residual") is not False)


def write_rope(writer, config, head_dim):
    rope = config.rope
    share = rope.get("partial_rotary_factor") or config.get("partial_rotary_factor", "rotary_pct") or 1.0
    rotated = int(head_dim * share)
    theta = rope.get("rope_theta") or config.get("rope_theta", "rotary_emb_base")
    writer.add_rope_dimension_count(rotated)
    writer.add_rope_freq_base(theta)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    elif kind == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        if "beta_fast" in rope:
            writer.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
        if "attention_factor" in rope:
            writer.add_rope_scaling_attn_factors(rope["attention_factor"] / (0.1 * np.log(rope["factor"]) + 1))
    elif kind == "longrope":
        positions = config.get("max_position_embeddings")
        original = config.get("original_max_position_embeddings")
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(np.sqrt(1 + np.log(positions / original) / np.log(original)))
        for which in ("long", "short"):
            factors = np.array(rope[f"{which}_factor"], dtype=np.float32)
            writer.add_tensor(f"rope_factors_{which}.weight", factors)
    elif kind == "llama3":
        # The stretching of each frequency as a divisor.
        frequency = theta ** (-np.arange(0, rotated, 2) / rotated)
        turns = rope["original_max_position_embeddings"] * frequency / (2 * np.pi)
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        smooth = np.clip((turns - low) / (high - low), 0, 1)
        divisors = 1 / ((1 - smooth) / rope["factor"] + smooth)
        writer.add_tensor("rope_freqs.weight", divisors.astype(np.float32))
    else:
        assert kind == "default", kind


def experts_stacked(tensors):
    """mixtral's and the others' tensors of single experts, stacked under names that gguf knows."""
    stacks = {}
    for name in sorted(tensors):
        parts = name.split(".")
        if "experts" not in parts:
            continue
        at = parts.index("experts")
        number = int(parts[at + 1])
        key = ".".join(parts[: at + 1] + parts[at + 2 :])
        stacks.setdefault(key, {})[number] = tensors.pop(name)
    for key, stack in stacks.items():
        tensors[key] = torch.stack([stack[number] for number in range(len(stack))])


def convert(folder, path):
    config = Config(folder)
    model_type = config.get("model_type")
    architecture = ARCHITECTURES[model_type]
    heads = config.get("num_attention_heads", "n_head")
    kv_heads = config.get("num_key_value_heads") or heads
    head_dim = config.get("head_dim") or config.get("hidden_size", "n_embd") // heads

    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(Path(folder).name)
    write_metadata(writer, config, architecture, head_dim)
    if architecture != "gpt2":
        write_rope(writer, config, head_dim)

    tensors = load_file(folder / "model.safetensors")
    experts_stacked(tensors)
    arch_enum = next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == architecture)
    layers = config.get("num_hidden_layers", "n_layer")
    names = gguf.get_tensor_name_map(arch_enum, layers)
    for name, tensor in tensors.items():
        if name == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue
        dtype = tensor.dtype
        data = tensor.float().numpy()
        if architecture == "llama" and ".q_proj." in name:
            data = permuted(data, heads)
        if architecture == "llama" and ".k_proj." in name:
            data = permuted(data, kv_heads)
        if architecture.startswith("gemma") and name.endswith("norm.weight"):
            data = data + 1
        if architecture == "gptneox" and "query_key_value" in name:
            data = data.reshape(heads, 3, head_dim, *data.shape[1:]).swapaxes(0, 1)
            data = data.reshape(-1, *data.shape[3:])
        if architecture == "gpt2" and data.ndim == 2 and ".c_" in name:
            data = data.T
        new_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert new_name, f"{name} has no name in a GGUF file"
        if data.ndim == 1:
            writer.add_tensor(new_name, np.ascontiguousarray(data, dtype=np.float32))
        else:
            kind = {
                torch.float32: gguf.GGMLQuantizationType.F32,
                torch.float16: gguf.GGMLQuantizationType.F16,
                torch.bfloat16: gguf.GGMLQuantizationType.BF16,
            }[dtype]
            packed = gguf.quants.quantize(np.ascontiguousarray(data), kind)
            writer.add_tensor(new_name, packed, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
