"""The GGUF files of tests/golden/model, read by transformers: an independent check that they are what
llama.cpp's converter would have written.

    pytest tests/interop/gguf_by_transformers.py

aqua's unit tests compare these files with the Hugging Face checkpoints that they were made from; here
transformers, which reads GGUF files with a reader of its own, must see the same checkpoints in them. Its
reader knows no rotary scaling, biases of Qwen3, experts of llama or options of Gemma, and fewer
architectures, so that only some can be compared.
"""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "tests/golden/model"
sys.path.insert(0, str(GOLDENS))
import gguf_conversion  # noqa: E402
import make_family_goldens as make  # noqa: E402
import recording  # noqa: E402


@pytest.mark.parametrize("name", ["llama_sqa", "mistral_full", "qwen2_tied"])
def test_committed_files(name):
    folder = GOLDENS / "families" / name
    golden = load_file(folder / "golden.safetensors")
    model = recording.load(folder, gguf_file="model.gguf")
    logits = recording.forward(model, golden["2.ids"].tolist()).logits
    # The same weights in the same code.
    assert torch.equal(logits, golden["2.logits"])


# Checkpoints with the options that transformers assumes of a GGUF file.
PLAIN = {
    "qwen3": make.shape(2, 1, 128, 32, 40, 2, use_sliding_window=False),
    "gemma2": make.shape(
        *(4, 2, 16, 32, 40, 3),
        tie_word_embeddings=True,
        query_pre_attn_scalar=256,
        pad_token_id=0,
    ),
    "gemma3_text": make.shape(
        *(2, 1, 12, 24, 28, 7),
        tie_word_embeddings=True,
        query_pre_attn_scalar=256,
        pad_token_id=0,
        rope_parameters={
            "full_attention": make.rope("default", 1e6),
            "sliding_attention": make.rope("default", 1e4),
        },
    ),
}


@pytest.mark.parametrize("model_type", PLAIN)
def test_conversion(tmp_path, model_type):
    torch.manual_seed(7)
    folder = tmp_path / model_type
    folder.mkdir()
    make.write_checkpoint(folder, model_type, "float32", 5, PLAIN[model_type])
    gguf_conversion.convert(folder, folder / "model.gguf")
    ids = torch.randint(make.VOCABULARY, (21,)).tolist()
    expected = recording.forward(recording.load(folder), ids).logits
    found = recording.forward(recording.load(folder, gguf_file="model.gguf"), ids).logits
    # Gemma's 1 is added to the norms and taken away again, which rounds.
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5)
