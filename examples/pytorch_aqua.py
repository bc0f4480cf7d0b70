#!/usr/bin/env python3
"""AQUA attention in transformers, from a projection file that `aqua export` wrote.

    aqua calibrate -m MODEL -c en=text.txt -o model.aqua.h5
    aqua export model.aqua.h5 -o model.proj.safetensors
    python pytorch_aqua.py MODEL model.proj.safetensors text.txt --k-ratio 0.5

prints the perplexity of the text with exact attention, with the static slice and with dynamic
selection. What a runtime needs is in AquaAttention; the rest is for show. It shows what AQUA computes;
it does not save time, which needs a kernel that reads only the chosen columns of the keys.
"""
import argparse
import math

import torch
from safetensors import safe_open
from transformers import AttentionInterface, AttentionMaskInterface
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.masking_utils import eager_mask


class AquaAttention:
    """An attention function for transformers.

    Queries and keys are rotated by P of their KV head; each query then uses only k of the m rotated
    dimensions: those in which it is largest (dynamic), or the first ones (static).
    """

    def __init__(self, path, k_ratio=0.75, selection="dynamic"):
        with safe_open(path, "pt") as file:
            self.facts = file.metadata()
            if self.facts["format"] != "aqua-projection" or self.facts["convention"] != "q @ P":
                raise ValueError(f"{path}: expected projections with one map for queries and keys")
            if self.facts["rope_layout"] == "interleaved":  # transformers rotates in halves
                raise ValueError(f"{path}: export with --rope-layout half for transformers")
            arrays = {name: file.get_tensor(name) for name in file.keys()}
        self.selection = selection
        self.maps, self.kept = {}, {}  # by layer: P [H_kv, d, m] and k [H_kv]
        for name, array in arrays.items():
            layer, role = int(name.split(".")[2]), name.rsplit(".", 1)[1]
            if role == "aqua_proj":
                self.maps[layer] = array.float()
                k = max(1, math.floor(k_ratio * array.shape[2] + 0.5))
                self.kept.setdefault(layer, torch.full((array.shape[0],), k))
            elif role == "aqua_kept":  # a plan says k for each head
                self.kept[layer] = array.long()

    def __call__(self, module, query, key, value, attention_mask, scaling, dropout=0.0, **kwargs):
        """query [B, H, T, d]; key, value [B, H_kv, S, d]; both after rotary embedding."""
        group = query.shape[1] // key.shape[1]
        if module.layer_idx in self.maps:
            maps = self.maps[module.layer_idx].to(query)
            key = key @ maps
            query = self.select(query @ maps.repeat_interleave(group, 0), module.layer_idx, group)
        key = key.repeat_interleave(group, 1)
        value = value.repeat_interleave(group, 1)
        logits = query @ key.transpose(2, 3) * scaling
        if attention_mask is not None:
            logits = logits + attention_mask
        weights = logits.softmax(-1, dtype=torch.float32).to(query.dtype)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    def select(self, query, layer, group):
        """Sets the dimensions that a query does not use to zero: they drop out of its products."""
        k = self.kept[layer].to(query.device).repeat_interleave(group)[None, :, None, None]
        if self.selection == "static":
            rank = torch.arange(query.shape[-1], device=query.device)
        else:
            order = query.abs().argsort(dim=-1, descending=True, stable=True)
            rank = order.argsort(dim=-1)
        return torch.where(rank < k, query, 0)


def use(model, attention):
    """Makes a model run with it; None gives exact attention back."""
    if attention is None:
        model.set_attn_implementation("eager")
        return
    AttentionInterface.register("aqua", attention)
    AttentionMaskInterface.register("aqua", eager_mask)  # adds 0 or -inf to the logits
    model.set_attn_implementation("aqua")


@torch.no_grad()
def perplexity(model, windows):
    """exp of the mean negative log-likelihood of every token but the first of each window."""
    nats, count = 0.0, 0
    for ids in windows:
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, :-1].double()
        nats += torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="sum").item()
        count += len(ids) - 1
    return math.exp(nats / count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="folder in the Hugging Face form")
    parser.add_argument("projections", help="safetensors file of aqua export")
    parser.add_argument("text", help="UTF-8 text")
    parser.add_argument("--k-ratio", type=float, default=0.75)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--window", type=int, default=512)
    options = parser.parse_args()

    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    with open(options.text, encoding="utf-8") as file:
        ids = tokenizer(file.read()).input_ids[: options.tokens]
    windows = [ids[i : i + options.window] for i in range(0, len(ids) - 1, options.window)]

    use(model, None)
    print(f"exact attention    {perplexity(model, windows):9.4f}")
    for selection in ("static", "dynamic"):
        use(model, AquaAttention(options.projections, options.k_ratio, selection))
        print(f"AQUA, {selection:7}, k = {options.k_ratio:<4} {perplexity(model, windows):9.4f}")


if __name__ == "__main__":
    main()
