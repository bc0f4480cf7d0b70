"""Token ids of byte-level tokenizers inside GGUF files against llama.cpp's test vectors, and against the
`tokenizers` package: with the vocabularies of llama.cpp's files, and with small ones of ours, for which a GGUF file
and a tokenizer.json are made for the kinds of pre-tokenizers. (The SentencePiece kind: sentencepiece_identity.py.)

    AQUA_ENCODE_LINES=build/release/tests/unit/text/tokenizer_encode_lines pytest tests/interop/gguf_tokenizers.py

AQUA_SHARED names the folder that has third_party_models/llama.cpp-vocab and corpora (default: ../shared
beside the repository). A file that is missing is a failure.
"""
import json
from pathlib import Path

import gguf
import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from tokenizer_compare import COUNT, SEED, SHARED, check, encode, lines
from tokenizer_families import byte_level_families, byte_splits, split
from tokenizer_samples import AWKWARD, random_strings

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


def texts(seed):
    return lines("pud.en", "pud.hi", "flores.en", "flores.hi") + AWKWARD + list(random_strings(COUNT // 10, seed))


DIGITS = pre_tokenizers.Digits(individual_digits=True)
WORDS = pre_tokenizers.ByteLevel(add_prefix_space=False)
VOCABULARIES = {
    "gpt-2": WORDS,
    "starcoder": pre_tokenizers.Sequence([DIGITS, WORDS]),
    "deepseek-coder": pre_tokenizers.Sequence([
        split(r"[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(r"[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"),
        DIGITS, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]),
}


@pytest.mark.parametrize("name", VOCABULARIES)
def test_vocabularies_in_tokenizers(name):
    path = VECTORS / f"ggml-vocab-{name}.gguf"
    fields = gguf.GGUFReader(path).fields
    tokens, types, merges = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "token_type", "merges"))
    package = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in merges]))
    package.pre_tokenizer = VOCABULARIES[name]
    package.add_tokens([AddedToken(t, normalized=False) for t, kind in zip(tokens, types, strict=True)
                        if kind in (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED, gguf.TokenType.UNKNOWN)])
    strings = texts(SEED + 70)
    check(name, strings, [e.ids for e in package.encode_batch_fast(strings)], encode(path, strings, "--plain"))


# "tokenizer.ggml.pre" → the family whose pre-tokenizer it stands for.
KINDS = {"gpt-2": "gpt2", "gpt-neox": "gpt_neox", "olmo": "olmoe", "llama-bpe": "llama3", "qwen2": "qwen2", "dbrx": "olmo2",
         "gpt-4o": "gpt4o", "tekken": "mistral_tekken", "deepseek-v3": "deepseek3"}
# Kinds without a family here, and their steps.
STEPS = {
    "smollm": pre_tokenizers.Sequence([DIGITS, WORDS]),
    "falcon": pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"), WORDS,
                                       pre_tokenizers.Digits(individual_digits=False), split("[0-9][0-9][0-9]")]),
    "bloom": byte_splits(" ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+"),
}


def write_gguf(path, kind, tok):
    """The GGUF file that stands for a byte-level tokenizer."""
    document = json.loads(tok.to_str())
    ids = document["model"]["vocab"] | {t["content"]: t["id"] for t in document["added_tokens"]}
    kinds = dict.fromkeys(ids, gguf.TokenType.NORMAL)
    for token in document["added_tokens"]:
        kinds[token["content"]] = gguf.TokenType.CONTROL if token["special"] else gguf.TokenType.USER_DEFINED
    tokens = sorted(ids, key=ids.get)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(kind)
    writer.add_token_list(tokens)
    writer.add_token_types([kinds[token] for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in document["model"]["merges"]])
    writer.add_add_bos_token(False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


@pytest.fixture(scope="session")
def families():
    return dict(byte_level_families([line for line in lines("fit_en.txt", "fit_hi.txt") if line][::6]))


@pytest.mark.parametrize("kind", [*KINDS, *STEPS])
def test_kinds(families, tmp_path, kind):
    tok = families[KINDS.get(kind, "gpt2")]
    if kind in STEPS:
        tok = Tokenizer.from_str(tok.to_str())
        tok.pre_tokenizer = STEPS[kind]
    write_gguf(tmp_path / "t.gguf", kind, tok)
    strings = texts(SEED + 80 + len(kind))
    expected = [e.ids for e in tok.encode_batch_fast(strings, add_special_tokens=False)]
    check(kind, strings, expected, encode(tmp_path / "t.gguf", strings, "--plain"))
