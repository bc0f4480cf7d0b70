"""Perplexity with attention variants: what the command line reports against transformers.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/attention_variants.py

Each variant is written here from its definition, in PyTorch and float64, and put into a transformers
model through its AttentionInterface. Bases are computed from the R factors of a calibration file.
"""

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from transformers import AttentionInterface, AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "data/models/aqua-tiny-bilingual"
CORPORA = ROOT / "data/corpora"


def aqua(*arguments):
    command = [os.environ["AQUA_BIN"], *map(str, arguments), "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout


def half_up(x):
    return math.floor(x + 0.5)


# Attention of one layer: q [H, T, d], k and v [H_kv, T, d] in float64, causal. Each variant returns the
# weights [H, T, T].


def softmax(logits, allowed):
    return torch.softmax(logits.masked_fill(~allowed, -math.inf), -1)


def causal(tokens):
    return torch.ones(tokens, tokens, dtype=torch.bool).tril()


def repeat(x, q):
    """KV heads to query heads: h // G."""
    return x.repeat_interleave(q.shape[0] // x.shape[0], 0)


def keep_largest(x, kept):
    index = x.abs().topk(kept, -1).indices
    return torch.zeros_like(x).scatter(-1, index, x.gather(-1, index))


def exact(layer, q, k, scale):
    return softmax(scale * q @ repeat(k, q).mT, causal(q.shape[1]))


@dataclass
class Static:
    bases: list  # [layer] [H_kv, d, d]
    ratio: float

    def __call__(self, layer, q, k, scale):
        n = half_up(self.ratio * q.shape[-1])
        basis = self.bases[layer][..., :n]
        return softmax(scale * (q @ repeat(basis, q)) @ repeat(k @ basis, q).mT, causal(q.shape[1]))


@dataclass
class Dynamic:
    bases: list
    ratio: float

    def __call__(self, layer, q, k, scale):
        basis = self.bases[layer]
        mapped = keep_largest(q @ repeat(basis, q), half_up(self.ratio * q.shape[-1]))
        return softmax(scale * mapped @ repeat(k @ basis, q).mT, causal(q.shape[1]))


@dataclass
class Loki:
    bases: list
    rank: float
    top: float

    def __call__(self, layer, q, k, scale):
        n = half_up(self.rank * q.shape[-1])
        basis = self.bases[layer][..., :n]
        proxy = (q @ repeat(basis, q)) @ repeat(k @ basis, q).mT
        tokens = q.shape[1]
        proxy = proxy.masked_fill(~causal(tokens), -math.inf)
        chosen = torch.zeros_like(proxy, dtype=torch.bool)
        for i in range(tokens):
            index = proxy[:, i].topk(max(1, half_up(self.top * (i + 1))), -1).indices
            chosen[:, i].scatter_(-1, index, True)
        return softmax(scale * q @ repeat(k, q).mT, chosen)


@dataclass
class H2o:
    recent: float
    heavy: float

    def __call__(self, layer, q, k, scale):
        tokens, kv_heads = q.shape[1], k.shape[0]
        logits = scale * q @ repeat(k, q).mT
        recent = max(1, half_up(self.recent * tokens))
        budget = recent + half_up(self.heavy * tokens)
        held = torch.zeros(kv_heads, tokens, dtype=torch.bool)
        mass = torch.zeros(kv_heads, tokens, dtype=torch.float64)
        weights = torch.zeros_like(logits)
        for i in range(tokens):
            held[:, i] = True
            weights[:, i] = softmax(logits[:, i], repeat(held, q))
            mass += weights[:, i].view(kv_heads, -1, tokens).sum(1)
            if i >= budget:
                mass_of_old = mass.masked_fill(~held, math.inf)
                mass_of_old[:, i - recent + 1 :] = math.inf
                held[torch.arange(kv_heads), mass_of_old.argmin(-1)] = False
        return weights


@dataclass
class ChannelBits:
    """Keys quantised per channel in groups of tokens, as far as groups are complete."""

    bits: int
    size: int

    def __call__(self, layer, q, k, scale):
        tokens = k.shape[1]
        whole = tokens // self.size * self.size
        groups = k[:, :whole].reshape(k.shape[0], -1, self.size, k.shape[-1])
        low = groups.amin(2, keepdim=True)
        step = (groups.amax(2, keepdim=True) - low) / (2**self.bits - 1)
        rounded = k.clone()
        rounded[:, :whole] = (low + step * ((groups - low) / step).round()).reshape(k.shape[0], whole, -1)
        i, j = torch.arange(tokens)[:, None], torch.arange(tokens)[None]
        complete = (j // self.size + 1) * self.size <= i + 1
        products = torch.where(complete, q @ repeat(rounded, q).mT, q @ repeat(k, q).mT)
        return softmax(scale * products, causal(tokens))


current = exact


def run_current(module, query, key, value, attention_mask, scaling, dropout=0.0, **kwargs):
    """The variant in `current`, for one sequence; the mask is its own."""
    q, k, v = query[0].double(), key[0].double(), value[0].double()
    weights = current(module.layer_idx, q, k, scaling)
    output = (weights @ repeat(v, q)).float().transpose(0, 1)[None]
    return output.contiguous(), None


AttentionInterface.register("variant", run_current)


@torch.no_grad()
def log_probabilities(model, attention, windows):
    """[tokens that are predicted, vocabulary], float64, and the tokens."""
    global current
    current = attention
    rows = []
    for ids in windows:
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, :-1]
        rows.append(torch.log_softmax(logits.double(), -1))
    current = exact
    return torch.cat(rows), torch.tensor([i for ids in windows for i in ids[1:]])


def calibrated(path):
    """(AQUA bases, keys-only bases) by layer, [H_kv, d, d], from the R factors."""
    aqua_bases, key_bases = [], []
    with h5py.File(path) as file:
        for name in sorted(file["layers"]):
            site = file[f"layers/{name}/post_rope"]
            r_query, r_key = np.array(site["r_query"]), np.array(site["r_key"])
            stacked = np.concatenate([r_query, r_key], 1)
            aqua_bases.append(torch.from_numpy(np.linalg.svd(stacked)[2].swapaxes(1, 2).copy()))
            key_bases.append(torch.from_numpy(np.linalg.svd(r_key)[2].swapaxes(1, 2).copy()))
    return aqua_bases, key_bases


def windows_of(encode, corpus, length, tokens):
    """The documents' tokens end to end, cut."""
    lines = (CORPORA / f"parallel.{corpus}.jsonl").read_text(encoding="utf-8").splitlines()
    stream = [i for line in lines for i in encode(json.loads(line)["text"])][:tokens]
    return [stream[b : b + length] for b in range(0, len(stream), length) if len(stream) - b >= 2]


def compare(model, encode, options, corpus, length, tokens, variants, calibration, tolerance=1e-4):
    report = json.loads(
        aqua(
            *("analyze", "perplexity", *options, "-c", corpus, "--json", "--bootstrap", 0),
            *("--sequence-length", length, "--max-tokens", tokens, "--calibration", calibration),
            *("--variants", ";".join(variants)),
        )
    )
    (found,) = report["corpora"]
    windows = windows_of(encode, corpus, length, tokens)
    reference, targets = log_probabilities(model, exact, windows)
    count = len(targets)
    assert found["predicted_tokens"] == count
    nats = -reference.gather(1, targets[:, None]).mean().item()
    assert found["perplexity"] == pytest.approx(math.exp(nats), rel=1e-5)
    assert [v["attention"] for v in found["variants"]] == list(variants)
    for (spec, attention), variant in zip(variants.items(), found["variants"]):
        x, _ = log_probabilities(model, attention, windows)
        nats = -x.gather(1, targets[:, None]).mean().item()
        kl = (reference.exp() * (reference - x)).sum(1)
        same = (reference.argmax(1) == x.argmax(1)).double().mean().item()
        print(f"{spec}: {variant['perplexity']:.5f} and {math.exp(nats):.5f}; KL "
              f"{variant['kl_divergence']['value']:.4g} and {kl.mean().item():.4g}; top-1 {same:.4f}")
        assert variant["perplexity"] == pytest.approx(math.exp(nats), rel=tolerance), spec
        # A choice between near equals may fall differently in float32; it moves few tokens.
        expected = kl.mean().item()
        assert variant["kl_divergence"]["value"] == pytest.approx(expected, rel=100 * tolerance), spec
        for percent, value in variant["kl_percentiles"].items():
            if percent != "100":
                expected = torch.quantile(kl, float(percent) / 100).item()
                assert value == pytest.approx(expected, rel=200 * tolerance), (spec, percent)
        assert abs(variant["top1_agreement"]["value"] - same) <= 3 / count, spec


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("corpus, length", [("en", 256), ("hi", 300)])
def test_bundled_model(tmp_path, corpus, length):
    calibration = tmp_path / "cal.aqua.h5"
    aqua("calibrate", "-c", "en", "--max-tokens", 8000, "-o", calibration)
    aqua_bases, key_bases = calibrated(calibration)
    model = AutoModelForCausalLM.from_pretrained(
        BUNDLED, dtype=torch.float32, attn_implementation="variant"
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(BUNDLED)
    compare(
        *(model, lambda text: tokenizer(text)["input_ids"], ("-m", BUNDLED)),
        *(corpus, length, 1500),
        {
            "aqua-static:k=0.75": Static(aqua_bases, 0.75),
            "aqua-static:k=0.5": Static(aqua_bases, 0.5),
            "aqua:k=0.75": Dynamic(aqua_bases, 0.75),
            "aqua:k=0.5": Dynamic(aqua_bases, 0.5),
            "h2o:recent=0.1,heavy=0.1": H2o(0.1, 0.1),
            "loki:r=0.25,top=0.25": Loki(key_bases, 0.25, 0.25),
            "quant:bits=4,per=channel,group=32": ChannelBits(4, 32),
        },
        calibration,
    )


def test_smollm2(tmp_path, smollm2):
    calibration = tmp_path / "cal.aqua.h5"
    aqua("calibrate", "-m", smollm2, "-c", "en", "--max-tokens", 256, "-o", calibration)
    aqua_bases, _ = calibrated(calibration)
    # transformers has Hugging Face's layout of rotary pairs, the file the interleaved one.
    order = torch.cat([torch.arange(0, 64, 2), torch.arange(1, 64, 2)])
    aqua_bases = [basis[:, order] for basis in aqua_bases]
    folder, name = smollm2.parent, smollm2.name
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, dtype=torch.float32, attn_implementation="variant"
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    compare(
        *(model, lambda text: tokenizer(text)["input_ids"], ("-m", smollm2)),
        *("en", 128, 256),
        {
            "aqua-static:k=0.75": Static(aqua_bases, 0.75),
            "aqua:k=0.75": Dynamic(aqua_bases, 0.75),
            "h2o:recent=0.2,heavy=0.2": H2o(0.2, 0.2),
        },
        calibration,
        # 30 layers with large outliers: hidden states differ in the fifth digit, so that of the 69120
        # selections some fall differently.
        tolerance=1e-3,
    )


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-s"]))
