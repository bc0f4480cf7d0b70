"""`aqua analyze spectrum` recomputed by numpy in float64: from captured vectors, to the last digits, and
from the queries and keys that transformers computes, of the bundled model and of SmolLM2-135M.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/spectrum_reference.py
"""

import json

import numpy as np
import pytest

from text_vectors import BUNDLED, Text, aqua, parallel_documents, write_corpus

SHARES = (0.9, 0.95, 0.99)


def compare(result, text, error):
    """Every number of every head, when vectors agree to `error`, relative, in the Frobenius norm.

    Singular values then agree to error·‖X‖_F (Weyl), shares of the energy to 2·error·(1 + error) each, and
    their sums no worse. The entropy of shares that move by t in all, d of them, moves by no more than
    t·ln(d/t) (Fannes), and the participation ratio 1/Σp² by 2·t of itself over Σp². A rank may be that of
    any energy within t of the asked one.
    """
    compared, worst = 0, 0.0
    for layer in result["layers"]:
        for head in layer["heads"]:
            number, g = layer["layer"], head["kv_head"]
            rows = {"joint": text.stacked(number, g), "query": text.queries(number, g),
                    "key": text.k[number][:, g]}
            for factor, x in rows.items():
                found = head[factor]
                sigma = np.linalg.svd(x, compute_uv=False)
                norm, d = np.linalg.norm(x), len(sigma)
                p = sigma**2 / (sigma**2).sum()
                moved = 4 * error
                distance = np.abs(np.array(found["singular_values"]) - sigma).max() / norm
                worst = max(worst, distance)
                assert distance <= error, (number, g, factor)
                assert np.allclose(found["cumulative_energy"], np.cumsum(p), rtol=0, atol=moved)
                assert np.isclose(np.log(found["effective_rank"]), -(p * np.log(p)).sum(), rtol=0,
                                  atol=moved * np.log(d / moved))
                assert np.isclose(found["participation_ratio"], 1 / (p**2).sum(),
                                  rtol=2 * moved / (p**2).sum())
                for share, rank in zip(SHARES, found["ranks"], strict=True):
                    least, most = (int(np.argmax(np.cumsum(p) >= s)) + 1
                                   for s in (share - moved, share + moved))
                    assert least <= rank <= most, (number, g, factor, share)
                compared += 1
    print(f"{compared} factors, singular values within {worst:.1e} of the norm")
    return compared


def test_captured_vectors(tmp_path):
    windows = ("-c", "en", "--max-tokens", 600, "--sequence-length", 200, "--stride", 150,
               "--layers", "0,4")
    calibration, activations = tmp_path / "en.aqua.h5", tmp_path / "en.h5"
    aqua("calibrate", *windows, "-o", calibration)
    aqua("capture", *windows, "--site", "post_rope", "--no-values", "-o", activations)
    result = json.loads(aqua("analyze", "spectrum", calibration, "--json"))
    # The same vectors to the last bit: what is left is float64's own rounding.
    assert compare(result, Text.captured(activations), 1e-12) == 2 * 4 * 3


@pytest.mark.parametrize("language", ["en", "hi"])
def test_bundled_model(tmp_path, bundled_model, language):
    documents = parallel_documents(language, 10)
    corpus = write_corpus(tmp_path / f"{language}.jsonl", documents)
    result = json.loads(aqua("analyze", "spectrum", "-m", BUNDLED, "-c", f"{language}={corpus}",
                             "--sequence-length", 200, "--stride", 150, "--json"))
    text = Text.by_transformers(bundled_model, documents, 200, stride=150)
    # float32 through six layers: vectors agree to about 1e-6, their energies better.
    assert compare(result, text, 1e-6) == 6 * 4 * 3


def test_smollm2(tmp_path, smollm2_model):
    documents = parallel_documents("en", 4)
    corpus = write_corpus(tmp_path / "en.jsonl", documents)
    result = json.loads(aqua("analyze", "spectrum", "-m", smollm2_model.path, "-c", f"en={corpus}",
                             "--sequence-length", 128, "--max-tokens", 256, "--json"))
    text = Text.by_transformers(smollm2_model, documents, 128, tokens=256)
    # Thirty layers, and outliers that take digits of the rest.
    assert compare(result, text, 1e-5) == 30 * 3 * 3
