"""Reads and writes SentencePiece's tokenizer.model, a protocol buffer, and trains small ones."""
import io
import re
import struct

import sentencepiece

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
UNIGRAM, BPE = 1, 2


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """(number, value) of a message; values are integers, floats or bytes."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            assert kind == 5, kind
            value, at = struct.unpack("<f", data[at:at + 4])[0], at + 4
        yield tag >> 3, value


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def piece(text, score=0.0, kind=NORMAL):
    return block(1, block(1, text.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) + number(3, kind))


def model(pieces, kind=BPE, byte_fallback=True, add_prefix=True, remove_extra_spaces=False, charsmap=b""):
    """The bytes of a tokenizer.model with these (text, score, type)."""
    trainer = number(3, kind) + number(35, int(byte_fallback))
    normalizer = (block(1, b"identity") + block(2, charsmap) + number(3, int(add_prefix))
                  + number(4, int(remove_extra_spaces)) + number(5, 1))
    return b"".join(piece(*p) for p in pieces) + block(2, trainer) + block(3, normalizer)


def read(data):
    """{pieces: [(text, score, type)], kind, byte_fallback, charsmap, add_prefix, remove_extra_spaces}"""
    result = {"pieces": [], "kind": UNIGRAM, "byte_fallback": False, "charsmap": b"", "add_prefix": True,
              "remove_extra_spaces": True}
    for field, value in fields(data):
        if field == 1:
            parts = dict(fields(value))
            result["pieces"].append((parts[1].decode(), parts.get(2, 0.0), parts.get(3, NORMAL)))
        elif field == 2:
            parts = dict(fields(value))
            result["kind"], result["byte_fallback"] = parts.get(3, UNIGRAM), bool(parts.get(35, 0))
        elif field == 3:
            parts = dict(fields(value))
            result["charsmap"] = parts.get(2, b"")
            result["add_prefix"] = bool(parts.get(3, 1))
            result["remove_extra_spaces"] = bool(parts.get(4, 1))
    return result


def train(sentences, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=out, minloglevel=2, num_threads=1, **options)
    return out.getvalue()


def without_prefix(data):
    """The model without its prefix space: of fields that appear twice the last counts."""
    return data + block(3, number(3, 0))


class Reference:
    """The `sentencepiece` package with what aqua adds to it: a begin-of-text token, control pieces found in the
    text, and the prefix space before every stretch of text (legacy) or only at the start."""

    def __init__(self, data, legacy=True):
        self.first = sentencepiece.SentencePieceProcessor(model_proto=data)
        self.later = self.first if legacy else sentencepiece.SentencePieceProcessor(model_proto=without_prefix(data))
        self.special = {p[0]: i for i, p in enumerate(read(data)["pieces"]) if p[2] in (CONTROL, UNKNOWN)}
        self.pattern = re.compile("(" + "|".join(map(re.escape, self.special)) + ")")

    def encode(self, text):
        ids, start = [self.first.bos_id()], True
        for part in self.pattern.split(text):
            if part in self.special:
                ids.append(self.special[part])
            elif part:
                ids += (self.first if start else self.later).encode(part)
            start = start and not part
        return ids
