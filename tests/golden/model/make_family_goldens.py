"""Makes small random checkpoints of every model family and their golden.safetensors, as in
make_model_goldens.py, which explains the names; and of some the same model as a GGUF file.

    python make_family_goldens.py [NAME ...]

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, safetensors 0.8.0, gguf 0.19.0 and numpy
2.4.6.

golden.safetensors has besides:
    rules    float32 [layers, 3]: what the logits of each layer are made with: scale, soft-cap (0: none),
             window (0: none; every window is smaller than the longest sequence)
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

import gguf_conversion
import recording

HERE = Path(__file__).resolve().parent
LENGTHS = (1, 13, 21)
VOCABULARY = 61


def shape(heads, kv_heads, head_dim, hidden, inner, layers, **more):
    settings = {
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head_dim,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": 64,
        "tie_word_embeddings": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": None,
        **more,
    }
    return {key: value for key, value in settings.items() if value != "leave out"}


def rope(rope_type, theta=10000.0, **more):
    return {"rope_type": rope_type, "rope_theta": theta, **more}


EXPERTS = {"num_experts": 5, "num_experts_per_tok": 2, "moe_intermediate_size": 20}
LONGROPE = rope(
    "longrope",
    short_factor=[1.0, 1.1, 1.3, 1.7],
    long_factor=[1.0, 1.5, 3.0, 5.0],
)

# name: (model_type, type of the weights, version of transformers whose config.json to write, settings)
MODELS = {
    "llama_dynamic": (
        *("llama", "bfloat16", 4),
        shape(
            *(2, 1, 16, 32, 40, 2),
            hidden_act="gelu_pytorch_tanh",
            max_position_embeddings=16,
            rope_parameters=rope("dynamic", factor=2.0),
        ),
    ),
    "llama_llama3": (
        *("llama", "bfloat16", 5),
        shape(
            *(4, 2, 16, 32, 40, 2),
            attention_bias=True,
            rope_parameters=rope(
                "llama3",
                factor=8.0,
                low_freq_factor=1.0,
                high_freq_factor=4.0,
                original_max_position_embeddings=32,
            ),
        ),
    ),
    "llama_yarn": (
        *("llama", "float16", 5),
        shape(
            *(4, 2, 16, 32, 40, 2),
            rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4.0),
        ),
    ),
    # Three query heads where hidden_size has room for six (SQA).
    "llama_sqa": ("llama", "bfloat16", 5, shape(3, 1, 8, 48, 40, 2)),
    "mistral_window": ("mistral", "bfloat16", 5, shape(4, 2, 8, 32, 40, 2, sliding_window=6)),
    "mistral_full": ("mistral", "float16", 4, shape(3, 1, 12, 30, 37, 2, sliding_window=None)),
    "mixtral_full": (
        *("mixtral", "bfloat16", 4),
        shape(4, 2, 8, 32, 24, 2, num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
    ),
    "mixtral_window": (
        *("mixtral", "float16", 5),
        shape(2, 1, 10, 32, 20, 2, num_local_experts=3, num_experts_per_tok=1, sliding_window=5),
    ),
    "qwen2_windows": (
        *("qwen2", "bfloat16", 5),
        shape(
            *(4, 2, "leave out", 32, 40, 3),
            use_sliding_window=True,
            sliding_window=7,
            max_window_layers=1,
            rope_parameters=rope("yarn", factor=4.0, original_max_position_embeddings=16, truncate=False),
        ),
    ),
    "qwen2_tied": (
        *("qwen2", "float16", 4),
        shape(6, 2, "leave out", 36, 40, 2, tie_word_embeddings=True, use_sliding_window=False),
    ),
    "qwen3_biases": ("qwen3", "bfloat16", 5, shape(4, 2, 12, 32, 40, 2, attention_bias=True)),
    "qwen3_tied": (
        *("qwen3", "float16", 4),
        shape(
            *(4, 1, 16, 32, 40, 3),
            tie_word_embeddings=True,
            use_sliding_window=False,
            rope_parameters=rope(
                "yarn", factor=2.0, original_max_position_embeddings=32, attention_factor=1.25
            ),
        ),
    ),
    "qwen3_moe_all": (
        *("qwen3_moe", "bfloat16", 5),
        shape(4, 2, 12, 32, 40, 2, norm_topk_prob=True, **EXPERTS),
    ),
    "qwen3_moe_some": (
        *("qwen3_moe", "float16", 4),
        shape(
            *(2, 2, 8, 32, 24, 4),
            norm_topk_prob=False,
            decoder_sparse_step=2,
            mlp_only_layers=[3],
            **EXPERTS,
        ),
    ),
    "olmo2_mha": ("olmo2", "bfloat16", 5, shape(4, 4, "leave out", 32, 40, 2, attention_bias=True)),
    "olmo2_gqa": ("olmo2", "float16", 4, shape(4, 2, "leave out", 40, 44, 2, rope_parameters=rope("default", 500.0))),
    "olmoe_clipped": (
        *("olmoe", "bfloat16", 5),
        shape(4, 4, "leave out", 32, 20, 2, num_experts=6, num_experts_per_tok=3, clip_qkv=1.0, norm_topk_prob=True),
    ),
    "olmoe_gqa": (
        *("olmoe", "float16", 4),
        shape(4, 2, "leave out", 32, 20, 2, num_experts=4, num_experts_per_tok=2),
    ),
    "gemma2_capped": (
        *("gemma2", "bfloat16", 5),
        shape(
            *(4, 2, 16, 32, 40, 3),
            tie_word_embeddings=True,
            sliding_window=6,
            query_pre_attn_scalar=16,
            attn_logit_softcapping=3.0,
            final_logit_softcapping=5.0,
        ),
    ),
    "gemma2_plain": (
        *("gemma2", "float16", 4),
        shape(
            *(2, 1, 12, 32, 40, 2),
            tie_word_embeddings=True,
            sliding_window=9,
            query_pre_attn_scalar=20,
            attn_logit_softcapping=None,
            final_logit_softcapping=None,
            layer_types=["full_attention", "sliding_attention"],
        ),
    ),
    "gemma3_text_scaled": (
        *("gemma3_text", "bfloat16", 5),
        shape(
            *(2, 1, 12, 24, 28, 7),
            tie_word_embeddings=True,
            sliding_window=5,
            query_pre_attn_scalar=12,
            rope_parameters={
                "full_attention": rope("linear", 500.0, factor=2.0),
                "sliding_attention": rope("default", 100.0),
            },
        ),
    ),
    "gemma3_text_v4": (
        *("gemma3_text", "float16", 4),
        shape(
            *(2, 1, 16, 32, 40, 3),
            tie_word_embeddings=True,
            sliding_window=8,
            query_pre_attn_scalar=24,
            final_logit_softcapping=4.0,
            sliding_window_pattern=2,
            rope_parameters={
                "full_attention": rope("linear", 1000.0, factor=8.0),
                "sliding_attention": rope("default", 50.0),
            },
        ),
    ),
    "phi3_longrope": (
        *("phi3", "bfloat16", 4),
        shape(
            *(3, 1, "leave out", 48, 40, 2),
            original_max_position_embeddings=16,
            rope_parameters={**LONGROPE, "partial_rotary_factor": 0.5},
        ),
    ),
    "phi3_window": ("phi3", "float16", 5, shape(4, 2, "leave out", 32, 40, 2, sliding_window=6)),
    "gpt_neox_parallel": (
        *("gpt_neox", "float16", 4),
        shape(
            *(3, "leave out", "leave out", 48, 64, 2),
            rope_parameters=rope("default", partial_rotary_factor=0.25),
        ),
    ),
    "gpt_neox_serial": (
        *("gpt_neox", "bfloat16", 5),
        shape(
            *(4, "leave out", "leave out", 32, 40, 2),
            use_parallel_residual=False,
            attention_bias=False,
            hidden_act="gelu_new",
            rope_parameters=rope("linear", factor=2.0, partial_rotary_factor=1.0),
        ),
    ),
    "gpt2_bare": (
        *("gpt2", "float16", 5),
        {"n_head": 4, "n_embd": 32, "n_layer": 2, "n_positions": 24, "vocab_size": VOCABULARY},
    ),
    "gpt2_scaled": (
        *("gpt2", "bfloat16", 5),
        {
            **{"n_head": 3, "n_embd": 36, "n_layer": 3, "n_positions": 24, "vocab_size": VOCABULARY},
            **{"n_inner": 50, "activation_function": "relu", "tie_word_embeddings": False},
            "scale_attn_by_inverse_layer_idx": True,
        },
    ),
    "opt_plain": (
        *("opt", "bfloat16", 5),
        {
            **{"num_attention_heads": 4, "hidden_size": 32, "ffn_dim": 40, "num_hidden_layers": 2},
            **{"max_position_embeddings": 24, "vocab_size": VOCABULARY, "pad_token_id": 1},
        },
    ),
    "opt_no_biases": (
        *("opt", "float16", 5),
        {
            **{"num_attention_heads": 3, "hidden_size": 36, "ffn_dim": 50, "num_hidden_layers": 2},
            **{"max_position_embeddings": 24, "vocab_size": VOCABULARY, "pad_token_id": 1},
            **{"enable_bias": False, "activation_function": "gelu", "tie_word_embeddings": False},
        },
    ),
}

TINY_VISION = {
    **{"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1},
    **{"image_size": 4, "patch_size": 2},
}
# Models that read images beside text: the same, but settings are those of the language model.
MULTIMODAL = {
    "gemma3_inside": (
        *("gemma3", "bfloat16", 5),
        shape(
            # What published files leave out: 8 query heads, 4 KV heads.
            *(8, 4, 4, 32, 28, 7),
            tie_word_embeddings=True,
            sliding_window=5,
            query_pre_attn_scalar=6,
            rope_parameters={
                "full_attention": rope("linear", 500.0, factor=2.0),
                "sliding_attention": rope("default", 100.0),
            },
        ),
    ),
    "mistral3_outside": ("mistral3", "float16", 5, shape(4, 2, 8, 32, 40, 2, sliding_window=None)),
}

# Checkpoints whose options a GGUF file can hold.
AS_GGUF = (
    *("llama_llama3", "llama_yarn", "llama_sqa", "mistral_full", "mixtral_full", "qwen2_tied"),
    *("qwen3_biases", "qwen3_tied", "qwen3_moe_all", "olmo2_gqa", "olmoe_gqa", "gemma2_capped"),
    *("gemma3_text_scaled", "phi3_longrope", "phi3_window", "gpt_neox_parallel", "gpt2_bare"),
)


def randomise(model):
    """Weights that keep activations of order one and make attention far from uniform, as in
    make_model_goldens.py."""
    gemma = model.config.model_type.startswith("gemma")
    conv1d = model.config.model_type == "gpt2"
    for name, parameter in model.named_parameters():
        fan_in = parameter.shape[0 if conv1d else -1]
        if name.endswith("bias"):
            parameter.data.normal_(0.0, 0.3)
        elif parameter.dim() == 1:  # norms; Gemma's weights are 1 + w
            parameter.data.normal_(0.0 if gemma else 1.0, 0.2)
        elif any(word in name for word in ("embed", "wte", "wpe")):
            parameter.data.normal_(0.0, 0.2 if gemma else 0.7)
        elif any(word in name for word in ("q_proj", "k_proj", "qkv", "query_key_value", "c_attn")):
            parameter.data.normal_(0.0, math.sqrt(3.0 / fan_in))
        elif name.endswith("gate.weight"):  # routers
            parameter.data.normal_(0.0, 2.0 / math.sqrt(fan_in))
        else:
            parameter.data.normal_(0.0, 1.0 / math.sqrt(fan_in))


def as_written_by_transformers_4(config):
    """config.json with the spellings of transformers 4."""
    rope = config.pop("rope_parameters")
    kind = config["model_type"]
    if kind == "gemma3_text":
        full, sliding = rope["full_attention"], rope["sliding_attention"]
        config["rope_theta"] = full.pop("rope_theta")
        config["rope_scaling"] = None if full["rope_type"] == "default" else full
        config["rope_local_base_freq"] = sliding["rope_theta"]
        del config["layer_types"]
        config["sliding_window_pattern"] = MODELS["gemma3_text_v4"][3]["sliding_window_pattern"]
    else:
        theta = rope.pop("rope_theta")
        share = rope.pop("partial_rotary_factor", None)
        if kind == "gpt_neox":
            config["rotary_emb_base"], config["rotary_pct"] = theta, share
        else:
            config["rope_theta"] = theta
            if share is not None:
                config["partial_rotary_factor"] = share
        if kind == "phi3" and rope["rope_type"] == "longrope":
            del rope["rope_type"]
            rope["type"] = "longrope"
        config["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
    if kind == "qwen3_moe":
        config["num_experts"] = config.pop("num_local_experts")
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.51.0"
    return dict(sorted(config.items()))


def write_checkpoint(folder, model_type, dtype, version, settings):
    for old in folder.glob("*"):
        old.unlink()
    if folder.name in MULTIMODAL:
        settings = {"text_config": settings, "vision_config": TINY_VISION}
        settings["tie_word_embeddings"] = settings["text_config"]["tie_word_embeddings"]
    config = AutoConfig.for_model(model_type, **settings)
    kind = AutoModelForImageTextToText if folder.name in MULTIMODAL else AutoModelForCausalLM
    model = kind.from_config(config)
    randomise(model)
    model = model.to(getattr(torch, dtype))
    if "bare" in folder.name:
        # As the first releases of GPT-2: the model without its head, whose tensors have no prefix.
        model.transformer.save_pretrained(folder)
    else:
        model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if folder.name == "gemma3_inside":
        leave_out_defaults(folder)
    elif folder.name == "mistral3_outside":
        put_language_model_outside(folder)
    elif version == 4:
        path = folder / "config.json"
        config = as_written_by_transformers_4(json.loads(path.read_text()))
        path.write_text(json.dumps(config, indent=2) + "\n")


def leave_out_defaults(folder):
    """Of the language model, as published checkpoints do."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for name in ("num_attention_heads", "num_key_value_heads", "rms_norm_eps", "max_position_embeddings"):
        del config["text_config"][name]
    path.write_text(json.dumps(config, indent=2) + "\n")


def put_language_model_outside(folder):
    """Names as transformers has them in memory; some programs write these."""
    path = folder / "model.safetensors"
    tensors = load_file(path)
    assert "language_model.model.embed_tokens.weight" in tensors and "language_model.lm_head.weight" in tensors
    renamed = {
        name.replace("language_model.model.", "model.language_model.").replace("language_model.lm_head", "lm_head"): tensor
        for name, tensor in tensors.items()
    }
    save_file(renamed, path, metadata={"format": "pt"})


def relative_error(a, exact):
    a, exact = a.double().numpy(), exact.double().numpy()
    return np.linalg.norm(a - exact) / np.linalg.norm(exact)


def write_golden(folder, how=None):
    model = recording.load(folder)
    tensors, error = {}, {"logits": 0.0, "qk": 0.0}

    def measure(what, value, exact):
        error[what] = max(error[what], relative_error(value, exact))
        assert error[what] < 1e-5, f"float32 and float64 disagree in {what}: {error[what]}"

    for sequence, length in enumerate(LENGTHS):
        ids = torch.randint(VOCABULARY, (length,)).tolist()
        result = recording.forward(model, ids)
        exact = recording.forward(model, ids, float64=True)
        assert exact.logits.dtype == torch.float64
        measure("logits", result.logits, exact.logits)
        tensors[f"{sequence}.ids"] = torch.tensor(ids, dtype=torch.int32)
        tensors[f"{sequence}.logits"] = result.logits.clone()
        for (layer, site), pair in result.qk.items():
            for which, x, x_exact in zip("qk", pair, exact.qk[layer, site]):
                measure("qk", x, x_exact)
                tensors[f"{sequence}.{layer}.{site}.{which}"] = x.clone()
    tensors["rules"] = torch.tensor(
        [(scale, cap, seen if seen < length else 0) for scale, cap, seen in result.rules]
    )
    for what, value in error.items():
        tensors[f"float32_error.{what}"] = torch.tensor(value, dtype=torch.float32)
    save_file(tensors, folder / "golden.safetensors")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(folder.name, {k: f"{v:.1e}" for k, v in error.items()}, f"{size / 1000:.0f} kB")
    return model


def main(names):
    for seed, (name, (model_type, dtype, version, settings)) in enumerate((MODELS | MULTIMODAL).items()):
        if names and name not in names:
            continue
        torch.manual_seed(1000 + seed)
        folder = HERE / "families" / name
        folder.mkdir(parents=True, exist_ok=True)
        write_checkpoint(folder, model_type, dtype, version, settings)
        write_golden(folder)
        if name in AS_GGUF:
            gguf_conversion.convert(folder, folder / "model.gguf")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
