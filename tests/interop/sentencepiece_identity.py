"""Token ids from a tokenizer.model, and from GGUF's SentencePiece type, against the `sentencepiece` package.

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/sentencepiece_identity.py

The models are trained here on the fitting texts, besides the real one of ../shared and the vocabularies of
llama.cpp's GGUF files. What we add to the package (tokens around the text, control pieces found in it, the
prefix space behind them) is added here in a few lines, too.
"""
import json

import gguf
import pytest

import sentencepiece_files as sp
from tokenizer_compare import COUNT, SEED, SHARED, check, encode, lines
from tokenizer_families import bpe_families
from tokenizer_samples import AWKWARD, random_strings

MODELS = ["llama", "llama_without_bytes", "gemma", "unigram", "unigram_bytes", "suffix"]
GGUF = [SHARED / f"third_party_models/llama.cpp-vocab/ggml-vocab-{name}.gguf" for name in ("llama-spm", "phi-3")]


def texts(seed):
    return lines("pud.en", "pud.hi", "flores.en", "flores.hi") + AWKWARD + list(random_strings(COUNT // 10, seed))


@pytest.fixture(scope="session")
def models():
    sentences = [line for line in lines("fit_en.txt", "fit_hi.txt") if line][::2]
    common = {"vocab_size": 1500, "character_coverage": 0.9995, "unk_id": 0, "bos_id": 1, "eos_id": 2}
    plain = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
    llama = sp.train(sentences, model_type="bpe", byte_fallback=True, split_digits=True, **plain, **common)
    return {
        "llama": llama,
        "llama_without_bytes": sp.train(sentences, model_type="bpe", **common),
        "gemma": sp.train(sentences, model_type="bpe", byte_fallback=True, add_dummy_prefix=False, split_digits=True,
                          user_defined_symbols=["\t", "\u2581\u2581", "\u2581" * 4, "<word>"], control_symbols=["<mask>"],
                          **plain, **common),
        "unigram": sp.train(sentences, model_type="unigram", **common),
        "unigram_bytes": sp.train(sentences, model_type="unigram", byte_fallback=True,
                                  normalization_rule_name="nmt_nfkc_cf", **common),
        "suffix": sp.train(sentences, model_type="unigram", treat_whitespace_as_suffix=True, **common),
    }


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("legacy", [True, False], ids=["legacy", "prefix_once"])
def test_trained_models(models, tmp_path, name, legacy):
    (tmp_path / "tokenizer.model").write_bytes(models[name])
    if not legacy:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({"legacy": False}))
    reference = sp.Reference(models[name], legacy)
    unigram = sp.read(models[name])["kind"] == sp.UNIGRAM
    random = AWKWARD + list(random_strings(COUNT // 10 if legacy else 100, SEED + MODELS.index(name)))
    check(name, random, [reference.encode(t) for t in random], encode(tmp_path, random), len(random) // 100 if unigram else 0)
    held_out = lines("pud.en", "pud.hi", "flores.en", "flores.hi") if legacy else []
    check(name, held_out, [reference.encode(t) for t in held_out], encode(tmp_path, held_out))


@pytest.mark.parametrize("name", ["llama", "llama_without_bytes", "gemma"])
def test_whole_files_as_one_text(models, tmp_path, name):
    (tmp_path / "tokenizer.model").write_bytes(models[name])
    strings = ["\n".join(lines(file)) for file in ("pud.en", "pud.hi")]
    strings += [" ".join(random_strings(COUNT // 10, SEED + 90)), " \u2581 ".join(random_strings(COUNT // 10, SEED + 91))]
    reference = sp.Reference(models[name])
    check(name, strings, [reference.encode(t) for t in strings], encode(tmp_path, strings))


def test_a_real_model():
    path = SHARED / "third_party_models/babyllama-tok105/tok105.model"
    reference, strings = sp.Reference(path.read_bytes()), texts(SEED + 50)
    check("tok105", strings, [reference.encode(t) for t in strings], encode(path, strings))


def pieces_of(path):
    fields = gguf.GGUFReader(path).fields
    values = [fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "scores", "token_type")]
    return list(zip(*values, strict=True))


@pytest.mark.parametrize("path", GGUF, ids=lambda path: path.stem)
def test_gguf_vocabularies(path, tmp_path):
    """The same pieces as a GGUF file, as a tokenizer.model, in the `sentencepiece` and in the `tokenizers` package."""
    pieces = pieces_of(path)
    pieces[0] = pieces[0][:2] + (sp.UNKNOWN,)  # Phi-3 calls it a control token
    # Tokens that the model's maker added behind the trained pieces are not in a tokenizer.model.
    kinds = [kind for _, _, kind in pieces]
    trained = pieces[:len(kinds) - kinds[::-1].index(sp.NORMAL)]
    data = sp.model(trained)
    reference = sp.Reference(data)
    (tmp_path / "tokenizer.model").write_bytes(data)
    strings = [t for t in texts(SEED + 60) if "<|" not in t and "</s>" not in t]
    expected = [reference.encode(t) for t in strings]
    check(f"{path.stem} as tokenizer.model", strings, expected, encode(tmp_path, strings))
    check(f"{path.stem} as GGUF", strings, expected, encode(path, strings))
    package = next(tok for name, tok in bpe_families(trained) if name == "llama2")
    check(f"{path.stem} in tokenizers", strings, [package.encode(t).ids for t in strings], expected)
