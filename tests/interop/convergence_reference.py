"""`aqua analyze convergence` recomputed by numpy in float64 from transformers' queries and keys: losses,
differences to the last count with their intervals, subspaces, and which count is suggested.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/convergence_reference.py
"""

import json

import numpy as np
import pytest

from random_draws import bootstrap_weights
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

REPLICATES, SEED = 100, 7


def suggestion(differences, losses, tolerance):
    """The first count from which on no difference reaches further than the tolerance; [count][case]
    differences as (value, low, high), the last count left out, and [case] losses at the last one.
    None: there is no such count."""
    settled = [all(np.abs(d).max() <= tolerance * loss for d, loss in zip(of_count, losses))
               for of_count in differences]
    firsts = [i for i in range(len(settled)) if all(settled[i:])]
    return firsts[0] if firsts else None


def compare(result, fitted, held_out, counts):
    bases = [fitted.select(slice(count)).bases() for count in counts]
    weights = bootstrap_weights(SEED, REPLICATES, len(held_out.documents))
    assert result["documents"] == len(held_out.documents)
    worst, differences = {LOSS_LIMIT: 0.0, TURN_LIMIT: 0.0}, []

    def close(found, expected, limit):
        distance = np.abs(np.subtract(found, expected)).max()
        worst[limit] = max(worst[limit], distance)
        assert distance <= limit

    def bounds(estimate):
        return [estimate[key] for key in ("value", "low", "high")]

    for count, basis, point in zip(counts, bases, result["points"], strict=True):
        assert point["tokens"] == count
        differences.append([])
        for loss in point["losses"]:
            dynamic = loss["selection"] == "dynamic"
            drawn = []
            for b in (basis, bases[-1]):
                sums, tokens = held_out.losses(b, loss["k"], dynamic)
                drawn.append([mean_loss(sums, tokens),
                              *(mean_loss(sums, tokens, w) for w in weights)])
            (value, *replicates), last = drawn
            expected = [value, *np.quantile(replicates, (0.025, 0.975))]
            close(bounds(loss["query_loss"]), expected, LOSS_LIMIT)
            value, *replicates = np.subtract(drawn[0], last)
            expected = [value, *np.quantile(replicates, (0.025, 0.975))]
            close(bounds(loss["to_last"]), expected, LOSS_LIMIT)
            differences[-1].append(expected)
        for subspace in point["subspaces"]:
            between = Subspaces(basis, bases[-1], subspace["k"])
            close(subspace["overlap"], between.overlap(), TURN_LIMIT)
            close(subspace["worst_overlap"], between.overlaps[between.worst], TURN_LIMIT)
            if count == counts[-1]:
                # arccos of 1 - ε is √(2ε): plain cosines cannot say that a basis is itself.
                assert max(subspace["mean_angle"], subspace["largest_angle"]) < 1e-12
                continue
            close(subspace["mean_angle"], between.mean_angle(), TURN_LIMIT)
            assert (subspace["worst_layer"], subspace["worst_kv_head"]) == between.heads[between.worst]
            close(subspace["largest_angle"], between.largest_angle(), TURN_LIMIT)
    print(*(f"within {found:.1e} where {limit} is allowed" for limit, found in worst.items()))

    losses = [loss["query_loss"]["value"] for loss in result["points"][-1]["losses"]]
    first = suggestion(differences[:-1], losses, result["suggestion"]["tolerance"])
    assert result["suggestion"]["settled"] == (first is not None)
    assert result["suggestion"]["tokens"] == counts[-1 if first is None else first]
    changes = [max(np.abs(d).max() / loss for d, loss in zip(of_count, losses))
               for of_count in differences[:-1]]
    assert result["suggestion"]["last_step"] == pytest.approx(changes[-1], abs=LOSS_LIMIT / min(losses))
    if first is not None:
        largest = max(changes[first:])
        assert result["suggestion"]["change"] == pytest.approx(largest, abs=LOSS_LIMIT / min(losses))


def analyze(path, folder, fitted, held_out, counts, *options):
    corpora = [f"{name}={write_corpus(folder / f'{name}.jsonl', documents)}"
               for name, documents in (("fitted", fitted), ("measured", held_out))]
    return json.loads(aqua(
        "analyze", "convergence", "-m", path, "-c", corpora[0], "--held-out", corpora[1], "--counts",
        ",".join(map(str, counts)), "--bootstrap", REPLICATES, "--seed", SEED, "--json", *options))


# A tolerance that the last counts meet, and one that none does.
@pytest.mark.parametrize("settling", [0.1, 1e-4])
def test_bundled_model(tmp_path, bundled_model, settling):
    counts = (120, 300, 600, 1000)
    fitted, held_out = parallel_documents("en", 14), parallel_documents("hi", 4)
    result = analyze(BUNDLED, tmp_path, fitted, held_out, counts, "--sequence-length", 200,
                     "--max-tokens", 1000, "--k-ratios", "0.25,0.5", "--tolerance", settling)
    assert result["suggestion"]["settled"] == (settling > 0.01)
    compare(result, Text.by_transformers(bundled_model, fitted, 200, tokens=1000),
            Text.by_transformers(bundled_model, held_out, 200, tokens=1000), counts)


def test_smollm2(tmp_path, smollm2_model):
    counts = (64, 128, 256)
    fitted = parallel_documents("en", 4)
    held_out = [(i, text) for i, text in parallel_documents("en", 8, characters=200)[4:]]
    result = analyze(smollm2_model.path, tmp_path, fitted, held_out, counts, "--sequence-length", 128,
                     "--max-tokens", 256, "--k-ratios", "0.5", "--tolerance", 0.1)
    compare(result, Text.by_transformers(smollm2_model, fitted, 128, tokens=256),
            Text.by_transformers(smollm2_model, held_out, 128, tokens=256), counts)
