"""Transfer recomputed by numpy in float64 from captured activations.

Intervals come from the same resampled documents: the random draws are made once more.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/transfer_reference.py
"""

import json

import numpy as np
import pytest

from random_draws import bootstrap_weights
from text_vectors import Subspaces, Text, aqua, mean_loss

K_RATIOS = (0.25, 0.5)
REPLICATES, SEED = 150, 5
WINDOWS = ("--max-tokens", 600, "--sequence-length", 200, "--stride", 150, "--layers", "0,4")
# Losses are computed from single-precision vectors, bases from double-precision factors.
TOLERANCE = 1e-6


def check(found, value, replicates, where):
    expected = [value, *np.quantile(replicates, (0.025, 0.975))]
    got = [found["value"], found["low"], found["high"]]
    assert np.allclose(got, expected, rtol=0, atol=TOLERANCE), (where, got, expected)


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captured")
    for corpus in ("en", "hi"):
        aqua("capture", "-c", corpus, *WINDOWS, "--site", "post_rope", "--no-values",
             "-o", folder / f"{corpus}.h5")
    return folder, {corpus: Text.captured(folder / f"{corpus}.h5") for corpus in ("en", "hi")}


def test_transfer_matrix_gaps_and_intervals(captured):
    folder, texts = captured
    result = json.loads(aqua(
        "analyze", "transfer", "--activations", folder / "en.h5", "--activations", folder / "hi.h5",
        "--no-pairs", "--k-ratios", ",".join(map(str, K_RATIOS)), "--bootstrap", REPLICATES,
        "--seed", SEED, "--json"))
    bases = {name: text.bases() for name, text in texts.items()}
    compared = 0
    for cell in result["cells"]:
        if cell["measure"] != "query_loss":
            continue
        text, dynamic = texts[cell["evaluation"]], cell["selection"] == "dynamic"
        weights = bootstrap_weights(SEED, REPLICATES, len(text.documents))
        sums, tokens = text.losses(bases[cell["fit"]], cell["k"], dynamic)
        value = mean_loss(sums, tokens)
        replicates = np.array([mean_loss(sums, tokens, w) for w in weights])
        check(cell, value, replicates, cell["fit"] + cell["evaluation"])
        compared += 1
        if cell["gap"] is not None:
            native, _ = text.losses(bases[cell["evaluation"]], cell["k"], dynamic)
            check(cell["gap"], value - mean_loss(native, tokens),
                  replicates - [mean_loss(native, tokens, w) for w in weights], "gap")
            compared += 1
    assert compared == 2 * 2 * (4 + 2)

    # Document by document: the ids that both have, in the order of the first text.
    ids = {name: {text.ids[d]: i for i, d in enumerate(text.documents)}
           for name, text in texts.items()}
    common = [i for i in ids["en"] if i in ids["hi"]]
    assert result["aligned"]["documents"] == len(common) >= 2
    weights = bootstrap_weights(SEED, REPLICATES, len(common))
    compared = 0
    for entry in result["aligned"]["differences"]:
        if entry["measure"] != "query_loss":
            continue
        values = []
        for name in (entry["first"], entry["second"]):
            rows = [ids[name][i] for i in common]
            sums, tokens = texts[name].losses(bases[entry["fit"]], entry["k"],
                                              entry["selection"] == "dynamic")
            values.append([mean_loss(sums[:, rows], tokens[rows], w)
                           for w in (np.ones(len(common)), *weights)])
        difference = np.subtract(*values)
        check(entry["difference"], difference[0], difference[1:], "aligned")
        compared += 1
    assert compared == 2 * 2 * 2

    for entry in result["subspaces"]:
        between = Subspaces(bases["en"], bases["hi"], entry["k"])
        assert abs(entry["overlap"] - between.overlap()) < TOLERANCE
        assert abs(entry["mean_angle"] - between.mean_angle()) < TOLERANCE
        worst = entry["worst"]
        assert (worst["layer"], worst["kv_head"]) == between.heads[between.worst]
        assert abs(worst["overlap"] - between.overlaps[between.worst]) < TOLERANCE
        assert abs(worst["largest_angle"] - between.largest_angle()) < TOLERANCE
    assert len(result["subspaces"]) == 2
