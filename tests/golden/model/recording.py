"""Queries, keys, logits and logit rules of any decoder as transformers computes them.

The independent implementation that the family checkpoints of this folder are compared with: eager
attention, one sequence at a time, no cache and no padding; in float32, or in float64 to measure how far
float32 arithmetic itself moves the results.
"""

import copy
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText


@dataclass
class Forward:
    logits: torch.Tensor  # [T, vocabulary]
    # (layer, site) -> q [T, H, d] and k [T, H_kv, d]: the vectors whose dot product, times the rule's
    # scale, is the attention logit before any soft-cap
    qk: dict[tuple[int, str], tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    # for each layer: scale, soft-cap or 0, keys that the last query sees
    rules: list[tuple[float, float, int]] = field(default_factory=list)


def load(folder, **how):
    config = AutoConfig.from_pretrained(folder, **how)
    kind = AutoModelForImageTextToText if hasattr(config, "text_config") else AutoModelForCausalLM
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **how)
    model.config._experts_implementation = "eager"
    return model.eval()


@contextmanager
def replaced(owner, name, value):
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield original
    finally:
        setattr(owner, name, original)


def in_float64(model):
    """A copy that computes in float64, also where its code asks for float32; only rotary angles,
    cosines and sines are still rounded to float32, because that is part of how models are defined."""
    model = copy.deepcopy(model).double()
    float32, to_float = torch.float32, torch.Tensor.float

    def in_float32(forward):
        def wrapped(*args, **kwargs):
            with (
                replaced(torch, "float32", float32),
                replaced(torch, "float", float32),
                replaced(torch.Tensor, "float", to_float),
            ):
                return forward(*args, **kwargs)

        return wrapped

    for module in model.modules():
        if hasattr(module, "inv_freq") or hasattr(module, "full_attention_inv_freq"):
            module.forward = in_float32(module.forward)
    return model


@torch.no_grad()
def forward(model, ids, float64=False) -> Forward:
    # A fresh copy: some rotary embeddings remember the longest sequence that they have seen.
    model = in_float64(model) if float64 else copy.deepcopy(model)
    decoder = getattr(model.base_model, "language_model", model)  # of a multimodal model
    module = sys.modules[type(decoder).__module__]
    rotated, attended = [], []
    original_attention = module.eager_attention_forward

    def attention(layer, query, key, value, mask, **kwargs):
        seen = len(ids) if mask is None else int((mask[0, 0, -1] > -1).sum())
        attended.append((query, key, kwargs["scaling"], kwargs.get("softcap") or 0.0, seen, layer))
        return original_attention(layer, query, key, value, mask, **kwargs)

    def run():
        with replaced(module, "eager_attention_forward", attention):
            return model(torch.tensor([list(ids)]), use_cache=False).logits[0]

    def run_recording_rotation():
        if not hasattr(module, "apply_rotary_pos_emb"):
            return run()
        original = module.apply_rotary_pos_emb

        def recording(q, k, *args, **kwargs):
            result = original(q, k, *args, **kwargs)
            rotated.append((q, k))
            return result

        with replaced(module, "apply_rotary_pos_emb", recording):
            return run()

    if float64:
        with (
            replaced(torch, "float32", torch.float64),
            replaced(torch, "float", torch.float64),
            replaced(torch.Tensor, "float", torch.Tensor.double),
        ):
            logits = run_recording_rotation()
    else:
        logits = run_recording_rotation()

    assert len(attended) == decoder.config.num_hidden_layers
    result = Forward(logits)
    for number, (q, k, scale, softcap, seen, layer) in enumerate(attended):
        if scale == 1.0 and layer.scaling != 1.0:
            # OPT scales its queries beforehand; q is kept as projected.
            q, scale = q / layer.scaling, layer.scaling
        before = rotated[number] if rotated else (q, k)
        for site, pair in (("pre_rope", before), ("post_rope", (q, k))):
            # transformers has [1, heads, T, d]
            result.qk[number, site] = tuple(x[0].transpose(0, 1).contiguous() for x in pair)
        result.rules.append((scale, softcap, seen))
    return result
