#!/usr/bin/env python3
"""Writes the safetensors and NPZ files that the golden tests of lib/formats read.

Needs the packages torch, safetensors and numpy. Run in this folder; the files are committed.
"""
import numpy as np
import torch
from safetensors.torch import save_file

values = torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 6.0e-8, float("inf"), float("-inf")])

save_file(
    {
        "f64": values.double(),
        "f32": values,
        "f16": values.half(),
        "bf16": values.bfloat16(),
        "i64": torch.arange(6).reshape(2, 3) - 3,
        "i32": torch.arange(4, dtype=torch.int32),
        "i16": torch.arange(3, dtype=torch.int16),
        "i8": torch.arange(2, dtype=torch.int8) - 1,
        "u8": torch.arange(5, dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(4.25),
        "empty": torch.zeros(0, 7),
    },
    "every_type.safetensors",
    metadata={"format": "pt", "note": "हिन्दी"},
)

save_file({"alone": torch.full((2, 2), 0.5)}, "no_metadata.safetensors")

arrays = {
    "float64": np.arange(6).reshape(2, 3) / 2,
    "float32": (np.arange(6).reshape(2, 3) / 2).astype(np.float32),
    "float16": (np.arange(6).reshape(2, 3) / 2).astype(np.float16),
    "int32": np.arange(4, dtype=np.int32),
    "text": np.array("हिन्दी"),
    "number": np.array(42),
}
np.savez("numpy.npz", **arrays)
np.savez_compressed("numpy_compressed.npz", **arrays)
np.savez("numpy_fortran.npz", x=np.asfortranarray(np.ones((2, 3))))
