"""tokenizer.json files with the components that each family of models has, trained on the fitting texts.

The structure (normalizer, pre-tokenizer, post-processor, kinds of added tokens) is that of the published
tokenizers; the vocabularies are small and our own.
"""
import base64
import json

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

import sentencepiece_files as sp

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK3 = [r"\p{N}{1,3}", r"[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
             r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
             r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]


def split(pattern, behavior="isolated"):
    return pre_tokenizers.Split(Regex(pattern), behavior)


def byte_splits(*patterns):
    return pre_tokenizers.Sequence([*map(split, patterns), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def byte_level(sentences, pre_tokenizer, normalizer=None, special=(), vocab_size=2000, **options):
    tok = Tokenizer(models.BPE(**options))
    tok.pre_tokenizer, tok.normalizer = pre_tokenizer, normalizer
    tok.train_from_iterator(sentences, trainers.BpeTrainer(
        vocab_size=vocab_size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tok.add_special_tokens(list(special))
    return tok


def around(tok, single, *tokens):
    tok.post_processor = processors.TemplateProcessing(
        single=single, pair=f"{single} $B", special_tokens=[(t, tok.token_to_id(t)) for t in tokens])
    return tok


def byte_level_families(sentences):
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    gpt2 = byte_level(sentences, words, special=["<|endoftext|>"])
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)
    yield "gpt2", gpt2
    yield "opt", around(byte_level(sentences, words, special=["</s>", AddedToken("<pad>", normalized=True)]), "</s> $A", "</s>")
    for name in ("gpt_neox", "olmoe"):
        tok = byte_level(sentences, words, normalizers.NFC(), special=["<|endoftext|>", "<|padding|>"])
        tok.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)])
        if name == "olmoe":
            tok.add_tokens([AddedToken("|||IP_ADDRESS|||", normalized=True)])
        tok.post_processor = processors.ByteLevel(trim_offsets=True)
        yield name, tok
    llama3 = byte_level(sentences, byte_splits(LLAMA3), special=["<|begin_of_text|>", "<|end_of_text|>"], ignore_merges=True)
    begin = around(llama3, "<|begin_of_text|> $A", "<|begin_of_text|>").post_processor
    llama3.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), begin])
    yield "llama3", llama3
    for name, version in (("qwen2", QWEN2), ("qwen3", QWEN2)):
        tok = byte_level(sentences, byte_splits(version), normalizers.NFC(), special=["<|im_start|>", "<|im_end|>"])
        if name == "qwen3":
            tok.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
        tok.post_processor = processors.ByteLevel(trim_offsets=False)
        yield name, tok
    olmo2 = byte_level(sentences, byte_splits(LLAMA3), special=["<|endoftext|>"])
    olmo2.add_tokens([AddedToken("|||EMAIL_ADDRESS|||", normalized=True)])
    yield "olmo2", olmo2
    yield "gpt4o", byte_level(sentences, byte_splits(O200K), special=["<|endoftext|>"])
    yield "mistral_tekken", around(byte_level(sentences, byte_splits(TEKKEN), special=["<s>"], ignore_merges=True), "<s> $A", "<s>")
    yield "deepseek3", byte_level(sentences, byte_splits(*DEEPSEEK3), special=["<|end|>"])
    yield "phi_4", byte_level(sentences, byte_splits(LLAMA3), special=[
        AddedToken("<|im_start|>", lstrip=True, rstrip=True), AddedToken("<word>", single_word=True)])


def merges_of(pieces):
    """All ways to cut each piece into two, by falling score, as converters of SentencePiece models list them."""
    scores = {text: score for text, score, kind in pieces if kind in (sp.NORMAL, sp.USER_DEFINED, sp.UNUSED)}
    merges = []
    for text, score in scores.items():
        local = [(text[:i], text[i:]) for i in range(1, len(text)) if text[:i] in scores and text[i:] in scores]
        merges.extend((score, pair) for pair in local)
    merges.sort(key=lambda item: -item[0])
    return [pair for _, pair in merges]


def from_bpe_model(pieces):
    """The model of a SentencePiece BPE with byte fallback."""
    vocab = {text: i for i, (text, _, _) in enumerate(pieces)}
    return models.BPE(vocab=vocab, merges=merges_of(pieces), unk_token="<unk>", fuse_unk=True, byte_fallback=True)


def sentencepiece_families(bpe, unigram, unigram_bytes):
    """From the bytes of a BPE model with byte fallback, and of Unigram models without and with it."""
    yield from bpe_families(sp.read(bpe)["pieces"])
    yield from unigram_families(unigram, unigram_bytes)


def bpe_families(pieces):

    def llama(special=("<unk>", "<s>", "</s>"), **flags):
        tok = Tokenizer(from_bpe_model(pieces))
        tok.add_special_tokens([AddedToken(t, normalized=False, **flags) for t in special])
        return around(tok, "<s> $A", "<s>")

    prefix = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    llama2 = llama()
    llama2.normalizer = prefix
    yield "llama2", llama2
    mistral = llama()
    mistral.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="first", split=False)
    yield "mistral", mistral
    mixtral = llama()
    mixtral.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always", split=False)
    yield "mixtral", mixtral
    gemma = llama(special=("<unk>", "<s>", "</s>", "<mask>", "[multimodal]"))
    gemma.normalizer = normalizers.Replace(" ", "\u2581")
    gemma.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    gemma.add_tokens([AddedToken(t, normalized=False) for t in ("\n\n", "\t", "\u2581\u2581", "\u2581" * 4)])
    yield "gemma", gemma
    phi3 = llama()
    phi3.normalizer = prefix
    phi3.add_special_tokens([AddedToken("<|endoftext|>")] + [
        AddedToken(t, rstrip=True, normalized=False) for t in ("<|user|>", "<|end|>", "<|begin_of_text|>", "<mask>")])
    yield "phi3", phi3


def unigram_families(unigram, unigram_bytes):
    for name, data in (("t5", unigram), ("xlm_roberta", unigram), ("unigram_bytes", unigram_bytes)):
        parts = sp.read(data)
        unknown = next(i for i, p in enumerate(parts["pieces"]) if p[2] == sp.UNKNOWN)
        tok = Tokenizer(models.Unigram([(t, s) for t, s, _ in parts["pieces"]], unk_id=unknown, byte_fallback=parts["byte_fallback"]))
        document = json.loads(tok.to_str())
        charsmap = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(parts["charsmap"]).decode()}
        spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " " if name == "t5" else "\u2581"}
        strip = {"type": "Strip", "strip_left": False, "strip_right": True}
        document["normalizer"] = {"type": "Sequence", "normalizers": {
            "t5": [charsmap, spaces], "xlm_roberta": [charsmap, strip, spaces], "unigram_bytes": [charsmap]}[name]}
        metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
        document["pre_tokenizer"] = metaspace if name != "xlm_roberta" else {
            "type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]}
        tok = Tokenizer.from_str(json.dumps(document))
        tok.add_special_tokens(["<unk>", "<s>", "</s>", AddedToken("<mask>", lstrip=True)])
        yield name, around(tok, "$A </s>", "</s>")
