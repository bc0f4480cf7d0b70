"""`aqua analyze sensitivity` recomputed by numpy in float64 from transformers' queries and keys: who is
held out and dealt where is taken from the report, and checked to be a fair deal; losses, spreads,
differences, noise and overlaps are computed anew.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/sensitivity_reference.py
"""

import itertools
import json
import math

import numpy as np

from text_vectors import (
    BUNDLED,
    LOSS_LIMIT,
    TURN_LIMIT,
    Subspaces,
    Text,
    aqua,
    mean_loss,
    parallel_documents,
    write_corpus,
)

LENGTH = 200


def analyze(path, folder, texts, parts, share, seed):
    corpora = [argument for name, documents in texts.items() for argument in
               ("-c", f"{name}={write_corpus(folder / f'{name}.jsonl', documents)}")]
    return json.loads(aqua("analyze", "sensitivity", "-m", path, *corpora, "--parts", parts,
                           "--held-out-share", share, "--seed", seed, "--k-ratios", "0.25,0.5",
                           "--sequence-length", LENGTH, "--json"))


def check_deal(group, documents, parts, share):
    dealt = [i for part in group["parts"] for i in part]
    held_out = math.floor(share * len(documents) + 0.5)
    assert len(dealt) == len(set(dealt)) == len(documents) - held_out
    assert set(dealt) <= {i for i, _ in documents}
    sizes = [len(part) for part in group["parts"]]
    assert len(sizes) == parts and max(sizes) - min(sizes) <= 1


def compare(result, model, texts):
    """Everything that the report says of these texts; returns how many losses were compared."""
    bases, held_out = {}, {}
    for group in result["groups"]:
        documents = texts[group["name"]]
        part_of = {i: p for p, part in enumerate(group["parts"]) for i in part}
        # The documents that are not held out are packed together, and their tokens dealt.
        text = Text.by_transformers(model, [d for d in documents if d[0] in part_of], LENGTH)
        part = np.array([part_of[i] for i in text.ids])[text.document]
        assert group["tokens"] == np.bincount(part).tolist()
        bases[group["name"]] = [text.select(part == p).bases() for p in range(len(group["parts"]))]
        held_out[group["name"]] = Text.by_transformers(
            model, [d for d in documents if d[0] not in part_of], LENGTH)

    compared, worst = 0, {LOSS_LIMIT: 0.0, TURN_LIMIT: 0.0}

    def close(found, expected, limit=LOSS_LIMIT):
        worst[limit] = max(worst[limit], abs(found - expected))
        assert abs(found - expected) <= limit

    names = list(bases)
    for entry in result["losses"]:
        text, k, dynamic = held_out[entry["evaluation"]], entry["k"], entry["selection"] == "dynamic"
        losses = {name: [mean_loss(*text.losses(b, k, dynamic)) for b in bases[name]]
                  for name in names}
        for name, found, spread in zip(names, entry["query_loss"], entry["groups"], strict=True):
            for x, y in zip(found, losses[name], strict=True):
                close(x, y)
                compared += 1
            of_name = losses[name]
            for key, value in (("mean", np.mean(of_name)), ("deviation", np.std(of_name, ddof=1)),
                               ("low", min(of_name)), ("high", max(of_name))):
                close(spread[key], value)
        own = losses[entry["evaluation"]]
        assert [d["group"] for d in entry["differences"]] == [
            name for name in names if name != entry["evaluation"]]
        for found in entry["differences"]:
            other = losses[found["group"]]
            distances = [abs(x - y) for of_text in (own, other)
                         for x, y in itertools.combinations(of_text, 2)]
            difference, noise = np.mean(other) - np.mean(own), np.quantile(distances, 0.95)
            close(found["difference"], difference)
            close(found["noise"], noise)
            if abs(abs(difference) - noise) > 2 * LOSS_LIMIT:
                assert found["beyond_noise"] == bool(abs(difference) > noise)

    for entry in result["overlaps"]:
        close(entry["chance"], entry["k"] / bases[names[0]][0][0][0].shape[0])
        for (i, a), (j, b) in itertools.product(enumerate(names), repeat=2):
            pairs = (itertools.combinations(bases[a], 2) if a == b
                     else itertools.product(bases[a], bases[b]))
            overlaps = [Subspaces(x, y, entry["k"]).overlap() for x, y in pairs]
            close(entry["mean"][i][j], np.mean(overlaps), TURN_LIMIT)
            close(entry["lowest"][i][j], min(overlaps), TURN_LIMIT)
    print(*(f"within {found:.1e} where {limit} is allowed" for limit, found in worst.items()))
    return compared


def test_bundled_model(tmp_path, bundled_model):
    texts = {language: parallel_documents(language, 12) for language in ("en", "hi")}
    results = [analyze(BUNDLED, tmp_path, texts, 3, 0.25, seed) for seed in (0, 1)]
    for result in results:
        for group in result["groups"]:
            check_deal(group, texts[group["name"]], 3, 0.25)
    assert results[0]["groups"] != results[1]["groups"]
    assert compare(results[0], bundled_model, texts) == 2 * 2 * 2 * 2 * 3


def test_smollm2(tmp_path, smollm2_model):
    # English that is cut, as Hindi has a token a letter here.
    texts = {"first": parallel_documents("en", 8, characters=150),
             "hindi": parallel_documents("hi", 8, characters=40)}
    result = analyze(smollm2_model.path, tmp_path, texts, 2, 0.25, 3)
    for group in result["groups"]:
        check_deal(group, texts[group["name"]], 2, 0.25)
    assert compare(result, smollm2_model, texts) == 2 * 2 * 2 * 2 * 2
