"""Token ids of tokenizers inside GGUF files against llama.cpp's test vectors, and against the
`tokenizers` package with the same vocabulary.

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/gguf_tokenizers.py

AQUA_SHARED names the folder that has third_party_models/llama.cpp-vocab and corpora (default: ../shared
beside the repository). A file that is missing is a failure.
"""
from pathlib import Path

import pytest

from tokenizer_compare import SHARED, check, encode

VECTORS = SHARED / "third_party_models/llama.cpp-vocab"
FILES = sorted(VECTORS.glob("*.gguf"))


def vectors(path):
    texts = Path(f"{path}.inp").read_text(encoding="utf-8").split("\n__ggml_vocab_test__\n")
    ids = [[int(n) for n in line.split()] for line in Path(f"{path}.out").read_text().split("\n")[:-1]]
    if len(texts) == len(ids) + 1 and texts[-1] == "":
        texts.pop()
    assert len(texts) == len(ids) > 40
    return texts, ids


def test_files_are_there():
    assert {f.stem for f in FILES} >= {"ggml-vocab-" + kind for kind in (
        "deepseek-coder", "gpt-2", "llama-spm", "phi-3", "starcoder")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vectors(path):
    texts, expected = vectors(path)
    check(path.stem, texts, expected, encode(path, texts, "--plain"))
