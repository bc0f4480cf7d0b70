#!/usr/bin/env python3
"""Writes the seed inputs of fuzz_safetensors into corpus/safetensors. Run in this folder."""
import json
import pathlib
import struct

FOLDER = pathlib.Path("corpus/safetensors")


def write(name, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = struct.pack("<Q", len(text) if length is None else length)
    (FOLDER / name).write_bytes(size + text + data)


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


FOLDER.mkdir(parents=True, exist_ok=True)
write("empty", {})
write("two", {"a": tensor("F32", [1, 2], 0, 8), "b": tensor("BF16", [3], 8, 14)}, bytes(14))
write("metadata", {"__metadata__": {"format": "pt"}, "a": tensor("U8", [], 0, 1)}, b"x")
write("zero_size", {"a": tensor("F16", [0, 5], 0, 0), "b": tensor("I64", [1], 0, 8)}, bytes(8))
write("overlap", {"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6))
write("hole", {"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 4, 6)}, bytes(6))
write("overflow", {"a": tensor("F64", [1 << 62, 1 << 62], 0, 8)}, bytes(8))
write("negative", {"a": tensor("U8", [-1, -1], -1, 0)}, bytes(1))
write("repeated", b'{"a": {}, "a": {}}')
write("length_beyond_file", {}, length=1000)
write("length_huge", {}, length=2**64 - 1)
write("nested", b'{"a":' + b"[" * 200 + b"]" * 200 + b"}")
write("not_utf8", b'{"\xff\xfe": 1}')
(FOLDER / "short").write_bytes(b"\x02\x00\x00")
