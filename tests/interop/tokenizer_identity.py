"""Token ids of aqua against those of the `tokenizers` package: every line of held-out text, and random
Unicode strings, through every tokenizer of tests/golden/text and through small ones with the components of
each family of models (tokenizer_families.py), which are trained here.

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/tokenizer_identity.py

AQUA_SHARED names the folder that has corpora/pud.en and the other held-out texts (default: ../shared
beside the repository). A text that is missing is a failure. AQUA_FUZZ_STRINGS and AQUA_FUZZ_SEED change
the number of random strings for the bundled tokenizer (default 20000; the small ones share as many
among them) and their seed.
"""
import json
import os
import subprocess
from pathlib import Path

import pytest
from tokenizers import Tokenizer

import sentencepiece_files as sp
from tokenizer_families import byte_level_families, sentencepiece_families
from tokenizer_samples import AWKWARD, random_strings

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "data/models/aqua-tiny-bilingual/tokenizer.json"
SMALL = sorted((ROOT / "tests/golden/text/tokenizers").glob("*.json"))
CORPORA = Path(os.environ.get("AQUA_SHARED", ROOT.parent / "shared")) / "corpora"
PROGRAM = os.environ.get("AQUA_ENCODE_LINES", ROOT / "build/release/tests/unit/text/tokenizer_encode_lines")
COUNT = int(os.environ.get("AQUA_FUZZ_STRINGS", 20000))
SEED = int(os.environ.get("AQUA_FUZZ_SEED", 20240917))


def ours(tokenizer, strings):
    stdin = "".join(json.dumps(s) + "\n" for s in strings)
    result = subprocess.run([PROGRAM, tokenizer], input=stdin, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def count_identical(tokenizer, strings):
    reference = Tokenizer.from_file(str(tokenizer))
    found = ours(tokenizer, strings)
    assert len(found) == len(strings)
    different = []
    for text, ids in zip(strings, found):
        expected = reference.encode(text).ids
        if ids != expected:
            different.append((text, expected, ids))
    print(f"{tokenizer.stem}: {len(strings) - len(different)} of {len(strings)} identical")
    assert not different, f"{len(different)} of {len(strings)} differ, first: {different[0]!r}"


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


FAMILIES = ["gpt2", "opt", "gpt_neox", "olmoe", "llama3", "qwen2", "qwen3", "olmo2", "gpt4o", "mistral_tekken",
            "deepseek3", "phi_4", "llama2", "mistral", "mixtral", "gemma", "phi3", "t5", "xlm_roberta", "unigram_bytes"]


@pytest.fixture(scope="session")
def families(tmp_path_factory):
    """Paths of the families' tokenizer.json files, by name."""
    folder = tmp_path_factory.mktemp("families")
    sentences = []
    for name in ("fit_en.txt", "fit_hi.txt"):
        sentences += [line for line in (CORPORA / name).read_text(encoding="utf-8").split("\n") if line][:1500]
    common = {"vocab_size": 2000, "character_coverage": 0.9995, "unk_id": 0, "bos_id": 1, "eos_id": 2}
    bpe = sp.train(sentences, model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                   remove_extra_whitespaces=False, split_digits=True, **common)
    unigram = sp.train(sentences, model_type="unigram", **common)
    unigram_bytes = sp.train(sentences, model_type="unigram", byte_fallback=True, normalization_rule_name="nmt_nfkc_cf", **common)
    paths = {}
    for name, tok in [*byte_level_families(sentences), *sentencepiece_families(bpe, unigram, unigram_bytes)]:
        paths[name] = folder / f"{name}.json"
        tok.save(str(paths[name]))
    return paths


def test_families_are_all_there(families):
    assert list(families) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_family_on_every_line_of_held_out_text(families, family):
    lines = []
    for name in ("pud.en", "pud.hi", "flores.en", "flores.hi"):
        lines += (CORPORA / name).read_text(encoding="utf-8").split("\n")
    count_identical(families[family], lines)


@pytest.mark.parametrize("family", FAMILIES)
def test_family_on_random_strings(families, family):
    count_identical(families[family], AWKWARD + list(random_strings(COUNT // 10, SEED + 100 + FAMILIES.index(family))))
