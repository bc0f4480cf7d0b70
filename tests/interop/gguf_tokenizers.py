"""Token ids of tokenizers inside GGUF files against llama.cpp's test vectors, and against the
`tokenizers` package with the same vocabulary.

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/gguf_tokenizers.py

AQUA_SHARED names the folder that has third_party_models/llama.cpp-vocab and corpora (default: ../shared
beside the repository). A file that is missing is a failure.
"""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AQUA_SHARED", ROOT.parent / "shared"))
VECTORS = SHARED / "third_party_models/llama.cpp-vocab"
PROGRAM = os.environ.get("AQUA_ENCODE_LINES", ROOT / "build/release/tests/unit/text/tokenizer_encode_lines")
FILES = sorted(VECTORS.glob("*.gguf"))


def ours(tokenizer, strings, *options):
    stdin = "".join(json.dumps(s) + "\n" for s in strings)
    result = subprocess.run([PROGRAM, tokenizer, *options], input=stdin, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


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
    found = ours(path, texts, "--plain")
    different = [(t, e, f) for t, e, f in zip(texts, expected, found, strict=True) if e != f]
    print(f"{path.stem}: {len(texts) - len(different)} of {len(texts)} identical")
    assert not different, f"{len(different)} of {len(texts)} differ, first: {different[0]!r}"
