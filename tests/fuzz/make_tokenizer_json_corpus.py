#!/usr/bin/env python3
"""Writes the seed inputs of fuzz_tokenizer_json into corpus/tokenizer_json. Run in this folder."""
import base64
import json
import pathlib
import struct

FOLDER = pathlib.Path("corpus/tokenizer_json")
TEXT = "ab  abc <s>x\u0939\u094d e\u0301 12'S\n".encode()
VOCAB = {"a": 0, "b": 1, "ab": 2, "<unk>": 3, "<0xE0>": 4, "\u0120": 5, "\u2581": 6, "##b": 7}


def write(name, text=TEXT, model=None, **parts):
    base = {"type": "BPE", "vocab": VOCAB, "merges": [["a", "b"]]}
    data = {"version": "1.0", "added_tokens": [], "model": base | (model or {})} | parts
    (FOLDER / name).write_bytes(json.dumps(data, separators=(",", ":")).encode() + b"\0" + text)


def added(content, id, **flags):
    return {"id": id, "content": content, "special": True,
            **{flag: flags.get(flag, False) for flag in ("single_word", "lstrip", "rstrip", "normalized")}}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def normalizers(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


FOLDER.mkdir(parents=True, exist_ok=True)
write("plain")
write("old_merges", model={"merges": ["#version: 0.2", "a b"]})
write("options", model={"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "ignore_merges": True})
write("affixes", model={"continuing_subword_prefix": "##", "end_of_word_suffix": "</w>", "merges": [["a", "##b"]]})
write("added", added_tokens=[added("<s>", 8, lstrip=True, rstrip=True), added(" ", 9), added("x", 10, single_word=True),
                             added("E", 11, normalized=True)], normalizer={"type": "Lowercase"})
write("forms", normalizer=normalizers(*({"type": f} for f in ("NFC", "NFD", "NFKC", "NFKD", "Nmt", "ByteLevel"))))
write("edits", normalizer=normalizers({"type": "Strip", "strip_left": True, "strip_right": True},
                                      {"type": "Prepend", "prepend": "\u2581"},
                                      {"type": "Replace", "pattern": {"Regex": "\\s+|$"}, "content": "a"},
                                      {"type": "Replace", "pattern": {"String": "b"}, "content": ""}))
write("byte_level", pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True})
write("split", pre_tokenizer=split(r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"))
write("sequence", pre_tokenizer={"type": "Sequence", "pretokenizers": [
    split(r"[a-c\-]{,2}?|(?<=x)\w++|\W*?$", "MergedWithNext", True), {"type": "Digits", "individual_digits": True},
    {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "Whitespace"}, {"type": "WhitespaceSplit"},
    {"type": "CharDelimiterSplit", "delimiter": "b"}, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first"}]})
write("template", post_processor={"type": "Sequence", "processors": [
    {"type": "ByteLevel"}, {"type": "TemplateProcessing", "single": [
        {"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<s>"}}],
        "special_tokens": {"<s>": {"ids": [3, 0]}}},
    {"type": "RobertaProcessing", "sep": ["b", 1], "cls": ["a", 0]}]})
write("invalid_text", text=b"ab\xe0\xa4")
write("same_ids", model={"vocab": {"a": 0, "b": 0}})
write("negative_id", model={"vocab": {"a": -1}})
write("unknown_merge", model={"merges": [["a", "z"]]})
write("wrong_types", model=None, pre_tokenizer=[], normalizer="NFC")
UNIGRAM = [["<unk>", 0], ["a", -1], ["b", -2.5], ["ab", -1.5], ["<0xE0>", 0], ["a", -3], ["", 0]]


def unigram(name, **options):
    model = {"type": "Unigram", "vocab": UNIGRAM, "unk_id": 0} | options
    (FOLDER / name).write_bytes(json.dumps({"model": model}).encode() + b"\0" + TEXT)


unigram("unigram")
unigram("unigram_bytes", byte_fallback=True)
unigram("unigram_no_unknown", unk_id=None)
unigram("unigram_wrong_unknown", unk_id=7)
units = [0] * 768
units[0], units[256 ^ 0x61], units[512] = 256 << 10, 0x61 | 1 << 8 | (256 ^ 0x61 ^ 512) << 10, 1 << 31
for name, size in (("charsmap", 768), ("charsmap_cut", 600)):
    charsmap = struct.pack("<I", 4 * size) + struct.pack(f"<{size}I", *units[:size]) + b"b\0"
    write(name, normalizer={"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()})
write("backtracking", pre_tokenizer=split("(?:a+)+$"), text=b"a" * 40 + b"b")
(FOLDER / "deep").write_bytes(b'{"model":' + b"[" * 5000)
(FOLDER / "repeated").write_bytes(b'{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}\0a')
(FOLDER / "cut").write_bytes((FOLDER / "plain").read_bytes()[:60])
