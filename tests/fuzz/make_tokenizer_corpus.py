#!/usr/bin/env python3
"""Writes the seed inputs of fuzz_tokenizer_model and fuzz_gguf_tokenizer. Run in this folder."""
import pathlib
import struct

TEXT = "ab <s>abx\u00e9</s> \u2581b\n".encode()
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
PIECES = [("<unk>", 0, UNKNOWN), ("<s>", 0, CONTROL), ("</s>", 0, CONTROL), ("\u2581", -5, NORMAL), ("a", -5, NORMAL),
          ("b", -5, NORMAL), ("ab", -1, NORMAL), ("\u2581a", -2, NORMAL), ("\u2581ab", -2, UNUSED), ("x\u00e9", -3, USER_DEFINED)]
BYTES = [(f"<0x{b:02X}>", 0, BYTE) for b in range(256)]


def save(folder, name, data, text=TEXT):
    path = pathlib.Path("corpus") / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes([len(text)]) + text + data)


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def model(pieces=PIECES, kind=2, fallback=0, charsmap=b"", prefix=1, extra=b""):
    data = b"".join(block(1, block(1, t.encode()) + b"\x15" + struct.pack("<f", s) + number(3, k)) for t, s, k in pieces)
    return data + block(2, number(3, kind) + number(35, fallback)) + block(3, block(2, charsmap) + number(3, prefix)) + extra


def charsmap(root=256, leaf=0, size=768):
    units = [0] * size
    units[0] = root << 10
    units[256 ^ 0x61] = 0x61 | 1 << 8 | (256 ^ 0x61 ^ 512) << 10
    units[512] = leaf | 1 << 31
    return struct.pack(f"<I{size}I", 4 * size, *units) + b"b\0xy\0"


def text(s):
    return struct.pack("<Q", len(s)) + s


def item(key, kind, data):
    return text(key.encode()) + struct.pack("<I", kind) + data


def array(key, kind, items):
    return item(key, 9, struct.pack("<IQ", kind, len(items)) + b"".join(items))


def gguf(*items):
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(items)) + b"".join(items)


def vocabulary(pieces=PIECES, kind=b"llama", scores=True, types=True):
    items = [item("tokenizer.ggml.model", 8, text(kind)), array("tokenizer.ggml.tokens", 8, [text(t.encode()) for t, _, _ in pieces])]
    if scores:
        items.append(array("tokenizer.ggml.scores", 6, [struct.pack("<f", s) for _, s, _ in pieces]))
    if types:
        items.append(array("tokenizer.ggml.token_type", 5, [struct.pack("<i", k) for _, _, k in pieces]))
    return items


save("tokenizer_model", "bpe", model())
save("tokenizer_model", "unigram", model(kind=1))
save("tokenizer_model", "bytes", model(PIECES + BYTES, fallback=1))
save("tokenizer_model", "bytes_missing", model(PIECES + BYTES[:9], fallback=1))
save("tokenizer_model", "no_prefix", model(prefix=0))
save("tokenizer_model", "charsmap", model(charsmap=charsmap()))
save("tokenizer_model", "charsmap_outside", model(charsmap=charsmap(root=2048)))
save("tokenizer_model", "charsmap_leaf", model(charsmap=charsmap(leaf=99)))
save("tokenizer_model", "charsmap_cut", model(charsmap=charsmap()[:200]))
save("tokenizer_model", "charsmap_small", model(charsmap=charsmap(root=0, size=600)))
save("tokenizer_model", "zero_byte", model(PIECES + [("a\0b", 0, USER_DEFINED)]))
save("tokenizer_model", "twice", model(PIECES + PIECES))
save("tokenizer_model", "two_unknown", model(PIECES + [("<u>", 0, UNKNOWN)]))
save("tokenizer_model", "score_nan", model(PIECES + [("c", float("nan"), NORMAL)]))
save("tokenizer_model", "unknown_fields", model(extra=block(4, b"\xff") + block(5, charsmap()) + number(200, 1)))
save("tokenizer_model", "word_type", model(kind=3))
save("tokenizer_model", "cut", model()[:70])
save("tokenizer_model", "invalid_text", model(), text=b"a\xe0")

BOS = item("tokenizer.ggml.bos_token_id", 4, struct.pack("<I", 1))
GPT2 = vocabulary([("a", 0, 1), ("b", 0, 1), ("ab", 0, 1), ("\u0120", 0, 1), ("<s>", 0, 3), ("", 0, 1)], b"gpt2", scores=False)
MERGES = array("tokenizer.ggml.merges", 8, [text(b"a b")])
save("gguf_tokenizer", "llama", gguf(*vocabulary(), BOS))
save("gguf_tokenizer", "bytes", gguf(*vocabulary(PIECES + BYTES), item("tokenizer.ggml.add_space_prefix", 7, b"\0")))
save("gguf_tokenizer", "phi3", gguf(*vocabulary(), item("general.name", 8, text(b"Phi3"))))
save("gguf_tokenizer", "no_types", gguf(*vocabulary(types=False)))
save("gguf_tokenizer", "no_scores", gguf(*vocabulary(scores=False)))
save("gguf_tokenizer", "wrong_id", gguf(*vocabulary(), item("tokenizer.ggml.bos_token_id", 4, struct.pack("<I", 99))))
save("gguf_tokenizer", "gpt2", gguf(*GPT2, MERGES, BOS, item("tokenizer.ggml.add_bos_token", 7, b"\1")))
save("gguf_tokenizer", "llama_bpe", gguf(*GPT2, MERGES, BOS, item("tokenizer.ggml.pre", 8, text(b"llama-bpe"))))
save("gguf_tokenizer", "unknown_merge", gguf(*GPT2, array("tokenizer.ggml.merges", 8, [text(b"a z")])))
save("gguf_tokenizer", "unknown_pre", gguf(*GPT2, MERGES, item("tokenizer.ggml.pre", 8, text(b"none"))))
save("gguf_tokenizer", "cut", gguf(*vocabulary())[:150])
