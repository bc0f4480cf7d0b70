"""Transfer recomputed by numpy in float64: from captured activations of the bundled model, to the last
digits, and from the queries and keys that transformers computes of SmolLM2-135M.

Intervals come from the same resampled documents: the random draws are made once more.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/transfer_reference.py
"""

import json

import numpy as np

from random_draws import bootstrap_weights
from text_vectors import (
    LOSS_LIMIT,
    TURN_LIMIT,
    Subspaces,
    Text,
    aqua,
    mean_loss,
    parallel_documents,
    write_corpus,
)

K_RATIOS = (0.25, 0.5)
REPLICATES, SEED = 150, 5
OPTIONS = ("--no-pairs", "--k-ratios", ",".join(map(str, K_RATIOS)), "--bootstrap", REPLICATES,
           "--seed", SEED, "--json")
# Of the same vectors: losses are computed in single precision, bases from double-precision factors.
SAME_VECTORS = 1e-6


def check(found, value, replicates, limit, where):
    expected = [value, *np.quantile(replicates, (0.025, 0.975))]
    got = [found["value"], found["low"], found["high"]]
    assert np.allclose(got, expected, rtol=0, atol=limit), (where, got, expected)


def check_matrix(result, texts, bases, limit):
    compared = 0
    for cell in result["cells"]:
        if cell["measure"] != "query_loss":
            continue
        text, dynamic = texts[cell["evaluation"]], cell["selection"] == "dynamic"
        weights = bootstrap_weights(SEED, REPLICATES, len(text.documents))
        sums, tokens = text.losses(bases[cell["fit"]], cell["k"], dynamic)
        value = mean_loss(sums, tokens)
        replicates = np.array([mean_loss(sums, tokens, w) for w in weights])
        check(cell, value, replicates, limit, cell["fit"] + cell["evaluation"])
        compared += 1
        if cell["gap"] is not None:
            native, _ = text.losses(bases[cell["evaluation"]], cell["k"], dynamic)
            check(cell["gap"], value - mean_loss(native, tokens),
                  replicates - [mean_loss(native, tokens, w) for w in weights], limit, "gap")
            compared += 1
    assert compared == 2 * 2 * (4 + 2)


def check_aligned(result, texts, bases, limit):
    """Document by document: the ids that both have, in the order of the first text."""
    first, second = texts
    ids = {name: {text.ids[d]: i for i, d in enumerate(text.documents)}
           for name, text in texts.items()}
    common = [i for i in ids[first] if i in ids[second]]
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
        check(entry["difference"], difference[0], difference[1:], limit, "aligned")
        compared += 1
    assert compared == 2 * 2 * 2


def check_subspaces(result, bases, limit):
    for entry in result["subspaces"]:
        between = Subspaces(*bases.values(), entry["k"])
        worst = entry["worst"]
        assert abs(entry["overlap"] - between.overlap()) < limit
        assert abs(entry["mean_angle"] - between.mean_angle()) < limit
        assert (worst["layer"], worst["kv_head"]) == between.heads[between.worst]
        assert abs(worst["overlap"] - between.overlaps[between.worst]) < limit
        assert abs(worst["largest_angle"] - between.largest_angle()) < limit
    assert len(result["subspaces"]) == len(K_RATIOS)


def check_everything(result, texts, loss_limit, turn_limit):
    bases = {name: text.bases() for name, text in texts.items()}
    check_matrix(result, texts, bases, loss_limit)
    check_aligned(result, texts, bases, loss_limit)
    check_subspaces(result, bases, turn_limit)


def test_captured_vectors(tmp_path):
    files = {corpus: tmp_path / f"{corpus}.h5" for corpus in ("en", "hi")}
    for corpus, path in files.items():
        aqua("capture", "-c", corpus, "--max-tokens", 600, "--sequence-length", 200, "--stride", 150,
             "--layers", "0,4", "--site", "post_rope", "--no-values", "-o", path)
    replayed = [x for path in files.values() for x in ("--activations", path)]
    result = json.loads(aqua("analyze", "transfer", *replayed, *OPTIONS))
    texts = {corpus: Text.captured(path) for corpus, path in files.items()}
    check_everything(result, texts, SAME_VECTORS, SAME_VECTORS)


def test_smollm2(tmp_path, smollm2_model):
    # Hindi has about a token a letter here.
    documents = {"en": parallel_documents("en", 4, characters=200),
                 "hi": parallel_documents("hi", 4, characters=50)}
    corpora = [x for name, of_text in documents.items() for x in
               ("-c", f"{name}={write_corpus(tmp_path / f'{name}.jsonl', of_text)}")]
    result = json.loads(aqua("analyze", "transfer", "-m", smollm2_model.path, *corpora,
                             "--sequence-length", 128, *OPTIONS))
    texts = {name: Text.by_transformers(smollm2_model, of_text, 128)
             for name, of_text in documents.items()}
    check_everything(result, texts, LOSS_LIMIT, TURN_LIMIT)
