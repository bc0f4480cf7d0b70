"""Queries, keys and logits of a Llama checkpoint as transformers computes them.

The independent implementation that the goldens of this folder and tests/interop compare aqua with:
float32, eager attention, one sequence at a time, no cache and no padding.
"""

from dataclasses import dataclass, field

import torch
from transformers import AutoModelForCausalLM
from transformers.models.llama import modeling_llama

SITES = ("pre_rope", "post_rope")


@dataclass
class Forward:
    logits: torch.Tensor  # [T, vocabulary]
    # (layer, site) -> q [T, H, d] and k [T, H_kv, d]
    qk: dict[tuple[int, str], tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)


def load(folder):
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval()


@torch.no_grad()
def forward(model, ids) -> Forward:
    """Runs one sequence; what goes into and comes out of the rotary embedding is recorded, which
    transformers applies once a layer, in order."""
    recorded = []
    original = modeling_llama.apply_rotary_pos_emb

    def recording(q, k, *args, **kwargs):
        rotated = original(q, k, *args, **kwargs)
        recorded.append([(q, k), rotated])
        return rotated

    modeling_llama.apply_rotary_pos_emb = recording
    try:
        logits = model(torch.tensor([list(ids)]), use_cache=False).logits[0]
    finally:
        modeling_llama.apply_rotary_pos_emb = original
    assert len(recorded) == model.config.num_hidden_layers
    result = Forward(logits)
    for layer, sites in enumerate(recorded):
        for site, pair in zip(SITES, sites):
            # transformers has [1, heads, T, d]
            result.qk[layer, site] = tuple(x[0].transpose(0, 1).contiguous() for x in pair)
    return result
