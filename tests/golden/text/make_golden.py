"""Makes the tokenizers in tokenizers/ and models/ and the ids in ids/, with the packages `tokenizers` (0.23.3),
`sentencepiece` (0.2.3) and `gguf` (0.19.0).

usage: make_golden.py          (writes beside itself; needs `pip install` of these)

Each tokenizer.json is trained on sentences of our own with a tiny vocabulary, and exercises other
components and options. texts.json holds awkward and random texts (tests/interop/tokenizer_samples.py);
ids/NAME.json holds, for each of them, [ids with special tokens, ids without]. The bundled tokenizer
gets all texts, the small ones only the first.
"""
import json
import sys
import tempfile
from pathlib import Path

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))
import sentencepiece_files as sp  # noqa: E402
from tokenizer_families import bpe_families  # noqa: E402
from tokenizer_samples import AWKWARD, random_strings  # noqa: E402

SENTENCES = [
    "The small boat crossed the wide river before the rain came down.",
    "She doesn't know that they've already painted the old kitchen door.",
    "In 2019 we counted 1204 birds; by 2023 there were only 998 of them!",
    "Rotating queries and keys by an orthogonal matrix keeps every dot product.",
    "for (int i = 0; i < n; ++i) { total += values[i] * weights[i]; }",
    "It's late, I'll go home; you're welcome to stay, she'd said.",
    "\u0928\u0926\u0940 \u0915\u0947 \u0915\u093f\u0928\u093e\u0930\u0947 \u090f\u0915 \u091b\u094b\u091f\u093e \u0938\u093e \u0917\u093e\u0901\u0935 \u0939\u0948\u0964",
    "\u092c\u091a\u094d\u091a\u0947 \u0938\u0941\u092c\u0939 \u0938\u094d\u0915\u0942\u0932 \u091c\u093e\u0924\u0947 \u0939\u0948\u0902 \u0914\u0930 \u0936\u093e\u092e \u0915\u094b \u0916\u0947\u0932\u0924\u0947 \u0939\u0948\u0902\u0964",
    "\u0915\u094d\u092f\u093e \u0906\u092a\u0928\u0947 \u0967\u0968\u0969 \u0915\u093f\u0924\u093e\u092c\u0947\u0902 \u092a\u0922\u093c \u0932\u0940 \u0939\u0948\u0902?",
    "Caf\u00e9 na\u00efve \u00fcber stra\u00dfe fa\u00e7ade \u00c5ngstr\u00f6m; \u03b1\u03b2\u03b3 \u0434\u043e\u043c \u65e5\u672c \ud55c\uad6d.",
] * 3

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
POSSESSIVE = r"[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
DEEPSEEK = [r"[\r\n]", r"\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba]+",
            r"\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", r"\s+$",
            r"[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"]


def byte_level(vocab_size, pre_tokenizer, normalizer=None, special=("<|begin_of_text|>", "<|end_of_text|>"), **options):
    tok = Tokenizer(models.BPE(**options))
    tok.pre_tokenizer, tok.normalizer = pre_tokenizer, normalizer
    tok.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(special), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tok


def characters(vocab_size, pre_tokenizer, normalizer=None, special=("<unk>", "<s>", "</s>"), trainer=None, **options):
    tok = Tokenizer(models.BPE(**options))
    tok.pre_tokenizer, tok.normalizer = pre_tokenizer, normalizer
    tok.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(special), show_progress=False, **(trainer or {})))
    return tok


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def bytes_of(*steps):
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def edited(tok, edit):
    data = json.loads(tok.to_str())
    edit(data)
    return data


def begin(tok, token="<|begin_of_text|>"):
    tok.post_processor = processors.TemplateProcessing(
        single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, tok.token_to_id(token))])
    return tok


def tokenizers():
    gpt2 = byte_level(400, pre_tokenizers.ByteLevel(add_prefix_space=False))
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)

    def as_first_files(data):
        data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
        del data["model"]["type"], data["model"]["ignore_merges"], data["model"]["byte_fallback"]
    yield "gpt2", edited(gpt2, as_first_files)

    roberta = byte_level(380, pre_tokenizers.ByteLevel(add_prefix_space=True), special=("<s>", "</s>", "<mask>"))
    roberta.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    roberta.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    yield "roberta", roberta

    llama3 = byte_level(420, bytes_of(split(LLAMA3)), ignore_merges=True)
    llama3.add_tokens([AddedToken("Rotating queries", normalized=False), AddedToken("<sep>", rstrip=True, lstrip=True, normalized=False)])
    llama3.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False), begin(llama3).post_processor])

    def whole_words(data):  # tokens that no merges lead to
        vocab = data["model"]["vocab"]
        for word in ("\u0120kitchen", "matrix!"):
            vocab[word] = len(vocab)
        for token in data["added_tokens"]:
            token["id"] += 2 * (token["content"] not in vocab)
    yield "llama3", edited(llama3, whole_words)

    qwen2 = byte_level(400, bytes_of(split(QWEN2)), normalizers.NFC())
    qwen2.add_tokens([AddedToken("<norm>", normalized=True), AddedToken("caf\u00e9", normalized=True), AddedToken("<word>", single_word=True, normalized=False)])
    yield "qwen2", qwen2
    yield "o200k", byte_level(420, bytes_of(split(O200K)))
    yield "possessive", byte_level(400, bytes_of(split(POSSESSIVE)))
    yield "deepseek", byte_level(400, bytes_of(*map(split, DEEPSEEK), pre_tokenizers.Digits(individual_digits=True)))
    yield "falcon", byte_level(400, pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Digits(individual_digits=False), split("[0-9][0-9][0-9]")]))
    yield "starcoder", byte_level(400, pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    yield "byte_normalizer", byte_level(380, split(r"\u0120?[^\u0120]+", "merged_with_previous"), normalizers.Sequence(
        [normalizers.NFKC(), normalizers.ByteLevel()]))

    fallback_tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]

    def merges_of_bytes(data):
        data["model"]["merges"].append(["<0xE0>", "<0xA4>"])
        data["model"]["vocab"]["<0xE0><0xA4>"] = len(data["model"]["vocab"])
        data["added_tokens"] = [t for t in data["added_tokens"] if t["id"] < 3]
    llama2 = characters(560, None, normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]),
                        special=fallback_tokens, trainer={"limit_alphabet": 60}, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    yield "llama2", edited(begin(llama2, "<s>"), merges_of_bytes)
    metaspace = characters(300, pre_tokenizers.Metaspace(prepend_scheme="first"), special=("<unk>", "<s>", "</s>"),
                           trainer={"limit_alphabet": 50}, unk_token="<unk>", fuse_unk=True)
    metaspace.add_tokens([AddedToken("<word>", single_word=True)])
    yield "metaspace_first", begin(metaspace, "<s>")
    yield "metaspace_always", characters(300, pre_tokenizers.Metaspace(prepend_scheme="always"), normalizers.Nmt(),
                                         trainer={"limit_alphabet": 50}, unk_token="<unk>", fuse_unk=False)
    yield "metaspace_never", characters(260, pre_tokenizers.Metaspace("_", prepend_scheme="never", split=False),
                                        normalizers.Strip(), trainer={"limit_alphabet": 50})
    yield "suffix", characters(300, pre_tokenizers.Whitespace(), normalizers.Lowercase(), trainer={
        "end_of_word_suffix": "</w>", "continuing_subword_prefix": "##", "limit_alphabet": 70},
        unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>")
    bert = characters(260, pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]),
                      normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase()]), special=("[UNK]", "[CLS]", "[SEP]"),
                      unk_token="[UNK]")
    bert.add_tokens([AddedToken("<Norm>", normalized=True), AddedToken("  ", normalized=False)])
    bert.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    yield "bert_like", bert
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        for invert in (False, True):
            yield f"split_{behavior}{'_inverted' if invert else ''}", byte_level(
                280, bytes_of(split(r"[\s.,'-]|\d{2}|(?<=a)b?|x{,2}y", behavior, invert)), normalizers.NFD())
    yield "literal", byte_level(290, bytes_of(pre_tokenizers.Split("...", "merged_with_previous"), pre_tokenizers.CharDelimiterSplit("e")),
                                normalizers.Sequence([normalizers.Replace(Regex(r"\s{2,}|\w\P{L}$"), "+-"), normalizers.Strip(left=False, right=True)]))
    yield "no_pre_tokenizer", characters(260, None, trainer={"limit_alphabet": 90})


def sentencepiece_models():
    """Serialized tokenizer.model files by name; the rules of one normalize a few characters."""
    rules = "FB01\t66 69\n2460\t31\n200B\t\n65 301\tE9\nFF21\t61\n9\t20\n3000\t20\n"
    common = {"character_coverage": 0.99, "unk_id": 0, "bos_id": 1, "eos_id": 2, "hard_vocab_limit": False}
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write(rules)
        file.flush()
        normalized = {"normalization_rule_tsv": file.name}
        return {
            "sentencepiece_bpe": sp.train(
                SENTENCES, model_type="bpe", vocab_size=420, byte_fallback=True, remove_extra_whitespaces=False,
                normalization_rule_name="identity", user_defined_symbols=["<word>"], **common),
            "sentencepiece_unigram": sp.train(SENTENCES, model_type="unigram", vocab_size=120, **normalized, **common),
            "sentencepiece_bytes": sp.train(
                SENTENCES, model_type="unigram", vocab_size=400, byte_fallback=True, add_dummy_prefix=False,
                **normalized, **common),
        }


def unigram_tokenizers(made):
    """The Unigram models as tokenizer.json files."""
    for name, steps, metaspace in (
            ("unigram", [], pre_tokenizers.Metaspace(prepend_scheme="always")),
            ("unigram_bytes", [normalizers.Strip(left=False), normalizers.Replace(Regex(" {2,}"), " ")],
             pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]))):
        parts = sp.read(made["sentencepiece_unigram" if name == "unigram" else "sentencepiece_bytes"])
        tok = Tokenizer(models.Unigram([(t, s) for t, s, _ in parts["pieces"]], unk_id=0, byte_fallback=name == "unigram_bytes"))
        tok.normalizer = normalizers.Sequence([normalizers.Precompiled(parts["charsmap"]), *steps])
        tok.pre_tokenizer = metaspace
        tok.add_special_tokens(["<s>", "</s>"])
        yield name, begin(tok, "<s>")


def write_gguf(path, pieces):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _, _ in pieces])
    writer.add_token_scores([score for _, score, _ in pieces])
    writer.add_token_types([kind for _, _, kind in pieces])
    writer.add_bos_token_id(1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def write_rows(path, rows):
    path.write_text("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows) + "\n]\n")


def main():
    for folder in ("tokenizers", "models", "ids"):
        (HERE / folder).mkdir(exist_ok=True)
    texts = AWKWARD + list(random_strings(300, seed=1))
    write_rows(HERE / "texts.json", texts)
    for_small = len(AWKWARD) + 40
    cases = [("bundled", ROOT / "data" / "models" / "aqua-tiny-bilingual" / "tokenizer.json", texts)]
    files = sentencepiece_models()
    gemma = [item for item in bpe_families(sp.read(files["sentencepiece_bpe"])["pieces"]) if item[0] == "gemma"]
    for name, made in [*tokenizers(), *unigram_tokenizers(files), *gemma]:
        data = made if isinstance(made, dict) else json.loads(made.to_str())
        path = HERE / "tokenizers" / f"{name}.json"
        path.write_text(json.dumps(data, ensure_ascii=True, separators=(",", ":")) + "\n")
        assert path.stat().st_size < 60_000, (name, path.stat().st_size)
        cases.append((name, path, texts[:for_small]))
    for name, data in files.items():
        (HERE / "models" / f"{name}.model").write_bytes(data)
        reference = sp.Reference(data)
        ids = [reference.encode(s) for s in texts[:for_small]]
        write_rows(HERE / "ids" / f"{name}.json", [[row, row[1:]] for row in ids])
        if name == "sentencepiece_bpe":  # without the user-defined piece, behind which GGUF's kind puts a space
            pieces = [p if p[2] != sp.USER_DEFINED else (p[0], p[1], sp.UNUSED) for p in sp.read(data)["pieces"]]
            write_gguf(HERE / "models" / "gguf_llama.gguf", pieces)
            reference = sp.Reference(sp.model(pieces))
            ids = [reference.encode(s) for s in texts[:for_small]]
            write_rows(HERE / "ids" / "gguf_llama.json", [[row, row[1:]] for row in ids])
    for name, path, strings in cases:
        tok = Tokenizer.from_file(str(path))
        write_rows(HERE / "ids" / f"{name}.json",
                   [[tok.encode(s).ids, tok.encode(s, add_special_tokens=False).ids] for s in strings])


if __name__ == "__main__":
    main()
