"""Token ids of aqua against those of the `tokenizers` package: every line of held-out text, and random
Unicode strings through every tokenizer of tests/golden/text.

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/tokenizer_identity.py

AQUA_SHARED names the folder that has corpora/pud.en and the other held-out texts (default: ../shared
beside the repository). A text that is missing is a failure. AQUA_FUZZ_STRINGS and AQUA_FUZZ_SEED change
the number of random strings for the bundled tokenizer (default 20000; the small ones share as many
among them) and their seed.
"""
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tokenizer_compare import CORPORA, COUNT, ROOT, SEED, check, encode
from tokenizer_samples import AWKWARD, random_strings

BUNDLED = ROOT / "data/models/aqua-tiny-bilingual/tokenizer.json"
SMALL = sorted((ROOT / "tests/golden/text/tokenizers").glob("*.json"))


def count_identical(tokenizer, strings):
    reference = Tokenizer.from_file(str(tokenizer))
    check(tokenizer.stem, strings, [e.ids for e in reference.encode_batch_fast(strings)], encode(tokenizer, strings))


@pytest.mark.parametrize("tokenizer", [BUNDLED, *SMALL], ids=lambda path: path.stem)
@pytest.mark.parametrize("name", ["pud.en", "pud.hi", "flores.en", "flores.hi"])
def test_every_line_of_held_out_text(tokenizer, name):
    lines = (CORPORA / name).read_text(encoding="utf-8").split("\n")
    assert len(lines) > 500
    count_identical(tokenizer, lines)


@pytest.mark.parametrize("name", ["pud.en", "pud.hi", "flores.en", "flores.hi"])
def test_whole_files_as_one_text(name):
    count_identical(BUNDLED, [(CORPORA / name).read_text(encoding="utf-8")])


def test_random_strings_bundled():
    count_identical(BUNDLED, AWKWARD + list(random_strings(COUNT, SEED)))


@pytest.mark.parametrize("tokenizer", SMALL, ids=lambda path: path.stem)
def test_random_strings_small(tokenizer):
    seed = SEED + 1 + SMALL.index(tokenizer)
    count_identical(tokenizer, AWKWARD + list(random_strings(COUNT // len(SMALL) + 1, seed)))


@pytest.mark.parametrize("tokenizer", SMALL, ids=lambda path: path.stem)
def test_every_code_point(tokenizer):
    """Each alone between letters, so that its class decides where words end."""
    points = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    texts = ["".join(f"a{chr(c)}b {chr(c)}1" for c in points[i:i + 64]) for i in range(0, len(points), 64)]
    texts = [t for i, t in enumerate(texts) if points[64 * i] < 0x33480 or i % 97 == 0]
    count_identical(tokenizer, texts)
