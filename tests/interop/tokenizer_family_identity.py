"""Token ids of aqua against those of the `tokenizers` package for tokenizers with the components of each family
of models (tokenizer_families.py), trained here: every line of the texts, and random Unicode strings.

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/tokenizer_family_identity.py

AQUA_SHARED names the folder that has corpora (default: ../shared beside the repository). AQUA_FUZZ_STRINGS and
AQUA_FUZZ_SEED change the number of random strings (a tenth for each family; default 2000) and their seed.
"""
import pytest
from tokenizers import Tokenizer

import sentencepiece_files as sp
from tokenizer_compare import COUNT, SEED, check, encode, lines
from tokenizer_families import byte_level_families, sentencepiece_families
from tokenizer_samples import AWKWARD, random_strings

FAMILIES = ["gpt2", "opt", "gpt_neox", "olmoe", "llama3", "qwen2", "qwen3", "olmo2", "gpt4o", "mistral_tekken",
            "deepseek3", "phi_4", "llama2", "mistral", "mixtral", "gemma", "phi3", "t5", "xlm_roberta", "unigram_bytes"]
TEXTS = ["pud.en", "pud.hi", "flores.en", "flores.hi", "xquad_contexts.en", "xquad_contexts.hi", "fit_en.txt", "fit_hi.txt"]


@pytest.fixture(scope="session")
def families(tmp_path_factory):
    """Paths of the families' tokenizer.json files, by name."""
    folder = tmp_path_factory.mktemp("families")
    sentences = [line for line in lines("fit_en.txt", "fit_hi.txt") if line][::2]
    common = {"vocab_size": 1500, "character_coverage": 0.9995, "unk_id": 0, "bos_id": 1, "eos_id": 2}
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
def test_family(families, family):
    strings = lines(*TEXTS) + AWKWARD + list(random_strings(COUNT // 10, SEED + 100 + FAMILIES.index(family)))
    reference = Tokenizer.from_file(str(families[family]))
    expected = [encoding.ids for encoding in reference.encode_batch_fast(strings)]
    check(family, strings, expected, encode(families[family], strings))
