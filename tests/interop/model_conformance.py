"""The bundled model on held-out text: what the command line reports against transformers.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/model_conformance.py

AQUA_SHARED names the folder that has corpora/pud.en and the other held-out texts (default: ../shared
beside the repository). A text that is missing is a failure.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tokenizers
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/golden/model"))
import llama_reference  # noqa: E402

MODEL = ROOT / "data/models/aqua-tiny-bilingual"
CORPORA = Path(os.environ.get("AQUA_SHARED", ROOT.parent / "shared")) / "corpora"
HELD_OUT = [f"{name}.{language}" for name in ("pud", "flores", "xquad_contexts") for language in ("en", "hi")]


def aqua(*arguments):
    command = [os.environ["AQUA_BIN"], *map(str, arguments), "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def model():
    # Threads gain this small a model little, and lose much where other programs run.
    torch.set_num_threads(1)
    return llama_reference.load(MODEL)


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def documents(path):
    """Blocks of lines between blank ones."""
    blocks = [[]]
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.strip(" \t"):
            blocks[-1].append(line)
        else:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def windows(tokenizer, path, length, stride, max_tokens):
    """(ids, first counted position) of each window: the documents' tokens end to end, cut."""
    stream = [i for text in documents(path) for i in tokenizer.encode(text).ids][:max_tokens]
    result, counted, begin = [], 0, 0
    while counted < len(stream) and len(stream) - begin >= 2:
        ids = stream[begin : begin + length]
        result.append((ids, counted - begin))
        counted = begin + len(ids)
        begin += stride
    return result


@torch.no_grad()
def perplexity(model, packed):
    nats, count = 0.0, 0
    for ids, first_counted in packed:
        first = max(1, first_counted)
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, first - 1 : -1]
        targets = torch.tensor(ids[first:])
        # The loss of float32 logits, summed in float64.
        nats += torch.nn.functional.cross_entropy(logits.double(), targets, reduction="sum").item()
        count += len(targets)
    return math.exp(nats / count), count


@pytest.mark.parametrize(
    "corpus, length, stride, tokens",
    [(corpus, 512, 512, 40000) for corpus in HELD_OUT]
    + [("pud.en", 512, 200, 10000), ("pud.hi", 2048, 2048, 40000), ("flores.en", 2048, 2048, 16000)],
)
def test_perplexity_has_the_same_five_digits(model, tokenizer, corpus, length, stride, tokens):
    path = CORPORA / corpus
    report = json.loads(
        aqua(
            *("analyze", "perplexity", "-m", MODEL, "-c", f"text={path}", "--json"),
            *("--sequence-length", length, "--stride", stride, "--max-tokens", tokens),
        )
    )
    (found,) = report["corpora"]
    expected, count = perplexity(model, windows(tokenizer, path, length, stride, tokens))
    print(f"{corpus}: {found['perplexity']} and {expected} on {count} tokens")
    assert found["predicted_tokens"] == count
    # Half a unit of the fifth digit at least: 5e-5 relative at 9.9999, 5e-6 at 1.0000.
    assert found["perplexity"] == pytest.approx(expected, rel=5e-6)


@pytest.mark.parametrize(
    "corpus, length, tokens",
    [("pud.en", 512, 2100), ("pud.hi", 512, 2100), ("flores.hi", 2048, 4096)],
)
def test_captured_queries_and_keys(model, tokenizer, tmp_path, corpus, length, tokens):
    path = CORPORA / corpus
    output = tmp_path / "acts.h5"
    aqua(
        *("capture", "-m", MODEL, "-c", f"text={path}", "-o", output, "--site", "both"),
        *("--sequence-length", length, "--max-tokens", tokens),
    )
    packed = windows(tokenizer, path, length, length, tokens)
    layers = model.config.num_hidden_layers
    with h5py.File(output) as file:
        assert list(file["sequences/length"]) == [len(ids) for ids, _ in packed]
        # Squared norms of the difference and of the reference, over all sequences.
        sums = {}
        for (ids, _), offset in zip(packed, file["sequences/offset"]):
            result = llama_reference.forward(model, ids)
            assert len(result.qk) == 2 * layers
            for (layer, site), pair in result.qk.items():
                for which, expected in zip("qk", pair):
                    data = file[f"layers/{layer:03d}/{site}/{which}"]
                    found = data[offset : offset + len(ids)].astype(np.float64)
                    expected = expected.double().numpy()
                    total = sums.setdefault((layer, site, which), np.zeros(2))
                    total += np.sum((found - expected) ** 2), np.sum(expected**2)
    distances = {key: math.sqrt(a / b) for key, (a, b) in sums.items()}
    print(f"largest relative distance: {max(distances.values()):.1e}")
    assert {key: d for key, d in distances.items() if d > 1e-5} == {}
