"""Needles in haystacks, recomputed by transformers from the token ids that aqua reports.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/needle_reference.py

On the bundled model, in float64, and SmolLM2-135M. Exact attention is transformers' eager one; AQUA is an
attention function of our own in torch, registered with transformers, with the projections read from the
calibration file by h5py: dynamic selection on the former, the static slice on the latter.
Compared: the loss of the answer, and over the reported retrieval heads the needle's mass, the weight
on the token to be copied, its rank and the hits; the retrieval heads themselves; the best rank.
"""

import json
import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from transformers import AttentionInterface, AutoModelForCausalLM

ROOT = Path(__file__).resolve().parents[2]
AQUA = os.environ.get("AQUA_BIN", ROOT / "build/release/tools/aqua")
MODEL = ROOT / "data/models/aqua-tiny-bilingual"
K_RATIO = 0.25
# Registered for the whole process, in which other files register theirs (examples/pytorch_aqua.py: "aqua").
NAME = "aqua of needle_reference"
# float32 against float64 through six layers: losses and weights agree to about 1e-5; a rank, the
# mean over a dozen answer tokens, moves where two of a hundred keys have equal weight to that
# precision. A selection that flips between two equal entries changes a logit more, but rarely.
TOLERANCE = {"loss": 2e-3, "mass": 2e-3, "copied": 2e-3, "rank": 0.3, "hit_rate": 0.03, "best_rank": 0.3}

projections = {}  # layer: [H_kv, d, d]
static = False    # the first k dimensions, instead of the k largest of the query


def aqua_attention(module, query, key, value, attention_mask, scaling, dropout=0.0, **kwargs):
    """softmax(q_S k_S scale) v with S the k largest |q P| or the first k; query [1, H, T, d], key [1, H_kv, T, d]."""
    group = query.shape[1] // key.shape[1]
    basis = projections[module.layer_idx]
    rotated_key = torch.einsum("bgtd,gde->bgte", key, basis).repeat_interleave(group, 1)
    rotated_query = torch.einsum("bhtd,hde->bhte", query, basis.repeat_interleave(group, 0))
    kept = max(1, int(K_RATIO * query.shape[-1] + 0.5))
    chosen = (torch.arange(kept).expand(rotated_query.shape[:-1] + (-1,)) if static
              else rotated_query.abs().topk(kept, dim=-1).indices)
    mask = torch.zeros_like(rotated_query).scatter_(-1, chosen, 1.0)
    logits = (rotated_query * mask) @ rotated_key.transpose(2, 3) * scaling
    tokens = query.shape[2]
    logits = logits.masked_fill(torch.ones(tokens, tokens).triu(1).bool(), -torch.inf)
    weights = logits.softmax(-1)
    output = weights @ value.repeat_interleave(group, 1)
    return output.transpose(1, 2).contiguous(), weights


AttentionInterface.register(NAME, aqua_attention)


def measure(model, haystack):
    """Loss, and [layers, H] of mass, copied, rank, hits."""
    ids = torch.tensor([haystack["ids"]])
    with torch.no_grad():
        result = model(ids, output_attentions=True)
    count, first = haystack["answer_count"], haystack["answer_first"]
    queries = torch.arange(first - 1, first - 1 + count)
    log_p = result.logits[0].log_softmax(-1)
    loss = -log_p[queries, ids[0, queries + 1]].mean().item()
    weights = torch.stack(result.attentions)[:, 0][:, :, queries]  # [layers, H, count, T]
    needle = weights[..., haystack["needle_first"]:][..., :haystack["needle_count"]]
    at = haystack["copied_first"] + torch.arange(count)
    copied = weights.gather(-1, at.expand(weights.shape[:2] + (-1,)).unsqueeze(-1)).squeeze(-1)
    rank = 1 + (weights > copied.unsqueeze(-1)).sum(-1).double()
    return loss, {"mass": needle.sum(-1).mean(-1).numpy(), "copied": copied.mean(-1).numpy(),
                  "rank": rank.mean(-1).numpy(),
                  "hit_rate": ((rank == 1) & (copied > 0)).double().mean(-1).numpy()}


@pytest.fixture(scope="module", params=["bundled", "smollm2"])
def case(request):
    """What aqua opens, the variant, from_pretrained's arguments for the same model, lengths and depths.
    The static slice on SmolLM2: among its 30 layers with large outliers some choice of dimensions always
    falls differently, and a cell is the mean over a dozen answer tokens only."""
    if request.param == "bundled":
        return MODEL, f"aqua:k={K_RATIO}", (MODEL, {"dtype": torch.float64}), ("96,160", "0.2,0.7")
    file = request.getfixturevalue("smollm2")
    return (file, f"aqua-static:k={K_RATIO}",
            (file.parent, {"gguf_file": file.name, "dtype": torch.float32}), ("96", "0.2,0.7"))


@pytest.fixture(scope="module")
def report(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("needle")
    small = ["-m", case[0], "-c", "en", "--max-tokens", "2048", "--sequence-length", "256", "-q"]
    subprocess.run([AQUA, "calibrate", *small, "-o", folder / "m.aqua.h5"], check=True,
                   stdout=subprocess.DEVNULL)
    run = subprocess.run(
        [AQUA, "analyze", "needle", *small, "--lengths", case[3][0], "--depths", case[3][1],
         "--count", "3", "--variants", case[1], "--calibration", folder / "m.aqua.h5",
         "--json", "--with-tokens"], check=True, capture_output=True, text=True)
    global static
    static = case[1].startswith("aqua-static")
    projections.clear()
    with h5py.File(folder / "m.aqua.h5") as file:
        interleaved = file.attrs["model_rope_layout"] == "interleaved"
        for name, layer in file["layers"].items():
            basis = torch.tensor(layer["post_rope/basis"][()], dtype=case[2][1]["dtype"])
            if interleaved:  # transformers has the two halves of the pairs one after the other
                basis = torch.cat([basis[:, 0::2], basis[:, 1::2]], dim=1)
            projections[int(name)] = basis
    return json.loads(run.stdout)["corpora"][0]


@pytest.fixture(scope="module")
def measured(case, report):
    """By attention: one measure() for every haystack."""
    results = {}
    folder, options = case[2]
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", **options).eval()
    for name, kind in (("exact", "eager"), (case[1], NAME)):
        model.set_attn_implementation(kind)
        results[name] = [measure(model, haystack) for haystack in report["haystacks"]]
    return results


def test_haystacks_repeat_their_needle(report):
    for haystack in report["haystacks"]:
        n = haystack["needle_count"]
        assert haystack["ids"][haystack["needle_first"]:][:n] == haystack["ids"][-n:]


def test_retrieval_heads(report, measured):
    copied = np.mean([numbers["copied"] for _, numbers in measured["exact"]], axis=0)
    largest = np.sort(copied.ravel())[::-1]
    for i, head in enumerate(report["retrieval_heads"]):
        assert abs(copied[head["layer"], head["head"]] - head["copied"]) < TOLERANCE["copied"]
        assert abs(largest[i] - head["copied"]) < TOLERANCE["copied"]


def test_numbers(report, measured):
    heads = [(head["layer"], head["head"]) for head in report["retrieval_heads"]]
    needles, compared = len(report["needles"]), 0
    for index, cell in enumerate(report["cells"]):
        first = index // len(report["attentions"]) * needles
        these = measured[cell["attention"]][first:first + needles]
        expected = {key: np.mean([[numbers[key][head] for head in heads] for _, numbers in these])
                    for key in ("mass", "copied", "rank", "hit_rate")}
        expected["loss"] = np.mean([loss for loss, _ in these])
        expected["best_rank"] = np.mean([numbers["rank"].min() for _, numbers in these])
        for key, value in expected.items():
            assert abs(cell[key]["value"] - value) < TOLERANCE[key], (cell["attention"], key, index)
            compared += 1
    assert compared == len(report["cells"]) * 6 >= 4 * 6
