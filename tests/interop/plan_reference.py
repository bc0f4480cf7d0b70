"""`aqua plan` recomputed by numpy in float64: the loss curves from transformers' queries and keys, an
optimal allocation over them by dynamic programming, and what plan and uniform k lose on other text.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/plan_reference.py
"""

import json

import numpy as np
import pytest

from random_draws import bootstrap_weights
from text_vectors import BUNDLED, LOSS_LIMIT, Text, aqua, parallel_documents, write_corpus

REPLICATES, SEED, LENGTH = 60, 3, 200
BUDGET = 0.4


def optimum(curves, units):
    """[u]: the least sum of all curves with exactly u units among the heads, u = 0 … units; infinite where
    there is no such allocation. curves [heads, levels], level l costs l."""
    best = np.full(units + 1, np.inf)
    best[0] = 0.0
    for curve in curves:
        following = np.full(units + 1, np.inf)
        for level, value in enumerate(curve, 1):
            if level <= units:
                following[level:] = np.minimum(following[level:], best[:units + 1 - level] + value)
        best = following
    return best


def run(path, folder, choice, evaluation, *options):
    corpora = [f"{name}={write_corpus(folder / f'{name}.jsonl', documents)}"
               for name, documents in (("choice", choice), ("other", evaluation))]
    return json.loads(aqua(
        "plan", "-m", path, "-c", corpora[0], "--eval", corpora[1], "--sequence-length", LENGTH,
        "--pair-queries", 1, "--bootstrap", REPLICATES, "--seed", SEED, "--json", *options,
        "-o", folder / "plan.json"))


def chosen(result):
    """Curves [heads, levels] and k [heads] of the report, heads by layer and KV head."""
    curves = np.array([curve for layer in result["layers"] for curve in layer["curves"]])
    return curves, np.array([k for layer in result["layers"] for k in layer["k"]])


def check_allocation(result):
    """That the report's own curves admit no better choice of k."""
    curves, k = chosen(result)
    step, heads = result["choice"]["step"], len(curves)
    levels, uniform = k // step, result["uniform"]["k"] // step
    assert np.all(levels * step == k) and levels.min() >= 1 and levels.max() <= curves.shape[1]
    mean = curves[np.arange(heads), levels - 1].mean()
    assert result["plan"]["kept"] == k.sum()
    assert result["plan"]["loss"] == pytest.approx(mean, rel=1e-12)
    assert result["uniform"]["loss"] == pytest.approx(curves[:, uniform - 1].mean(), rel=1e-12)
    best = optimum(curves, heads * curves.shape[1]) / heads
    if result["choice"]["budget"] is not None:
        d = result["model"]["head_dim"]
        units = heads * int(result["choice"]["budget"] * d + 0.5) // step
        assert levels.sum() <= units
        assert uniform == units // heads
        # Sums of a hundred values in another order differ in their last digits.
        assert mean == pytest.approx(best[:units + 1].min(), rel=1e-12)
    else:
        limit = result["choice"]["loss_limit"]
        assert mean <= limit and best[:levels.sum()].min() > limit * (1 - 1e-12)
        assert curves[:, uniform - 1].mean() <= limit
        assert uniform == 1 or curves[:, uniform - 2].mean() > limit


def check_curves(result, text, bases, form):
    """One loss curve for each KV head, the mean over its group's queries; equal to aqua's within the limit
    of losses. `form` makes losses of shares of the energy."""
    found, _ = chosen(result)
    dynamic, worst, row = result["choice"]["selection"] == "dynamic", 0.0, 0
    for layer in text.layers:
        for g in range(text.k[layer].shape[1]):
            heads = range(g * text.group, (g + 1) * text.group)
            energies = np.concatenate([text.energies(bases, layer, h, dynamic) for h in heads])
            shares = np.cumsum(energies, 1) / energies.sum(1, keepdims=True)
            distance = np.abs(form(shares).mean(0) - found[row]).max()
            worst, row = max(worst, distance), row + 1
            assert distance <= LOSS_LIMIT
    print(f"{row} curves within {worst:.1e}")
    assert row == len(found)


def check_evaluation(result, text, bases):
    """The energy loss of plan and uniform k on text that was not used for choosing, paired."""
    (evaluation,) = result["evaluations"]
    _, k = chosen(result)
    kept = {"plan": k.reshape(len(text.layers), -1),
            "uniform": np.full((len(text.layers), text.k[text.layers[0]].shape[1]), result["uniform"]["k"])}
    dynamic = result["choice"]["selection"] == "dynamic"
    sums = {name: [] for name in kept}
    for layer in text.layers:
        for h in range(text.q[layer].shape[1]):
            energies = text.energies(bases, layer, h, dynamic)
            for name, of_heads in kept.items():
                loss = 1 - energies[:, :of_heads[layer][h // text.group]].sum(1) / energies.sum(1)
                sums[name].append([loss[text.document == d].sum() for d in text.documents])
    tokens = np.array([(text.document == d).sum() for d in text.documents])
    weights = [np.ones(len(tokens)), *bootstrap_weights(SEED, REPLICATES, len(tokens))]
    means = {name: np.array([(np.array(x) @ w / (tokens @ w)).mean() for w in weights])
             for name, x in sums.items()}
    means["difference"] = means["plan"] - means["uniform"]
    for name, (value, *replicates) in means.items():
        found = evaluation["measures"]["query_energy_loss"][name]
        expected = [value, *np.quantile(replicates, (0.025, 0.975))]
        distance = np.abs(np.subtract([found["value"], found["low"], found["high"]], expected)).max()
        print(f"{name}: {value:.6f}, within {distance:.1e}")
        assert distance <= LOSS_LIMIT


@pytest.fixture(scope="module")
def texts(bundled_model):
    documents = {"choice": parallel_documents("en", 10), "other": parallel_documents("hi", 5)}
    return documents, {name: Text.by_transformers(bundled_model, of_text, LENGTH)
                       for name, of_text in documents.items()}


def check(result, vectors, form=lambda share: 1 - share):
    bases = vectors["choice"].bases()
    check_curves(result, vectors["choice"], bases, form)
    check_allocation(result)
    check_evaluation(result, vectors["other"], bases)


def test_budget(tmp_path, texts):
    documents, vectors = texts
    result = run(BUNDLED, tmp_path, documents["choice"], documents["other"], "--budget", BUDGET)
    assert result["choice"]["method"] == "greedy"
    assert result["plan"]["loss"] < result["uniform"]["loss"]
    check(result, vectors)


def test_loss_limit_and_norm_form(tmp_path, texts):
    documents, vectors = texts
    result = run(BUNDLED, tmp_path, documents["choice"], documents["other"], "--loss-limit", 0.05,
                 "--objective", "query_loss")
    check(result, vectors, form=lambda share: 1 - np.sqrt(np.minimum(share, 1)))


@pytest.mark.parametrize("how", [("--budget", BUDGET), ("--loss-limit", 0.3)])
def test_curves_that_are_not_convex(tmp_path, texts, how):
    documents, _ = texts
    result = run(BUNDLED, tmp_path, documents["choice"], documents["other"], *how, "--basis",
                 "identity", "--selection", "static", "--step", 4)
    assert result["choice"]["method"] == "dynamic-programming"
    check_allocation(result)


def test_objective_of_attention(tmp_path, texts):
    documents, _ = texts
    result = run(BUNDLED, tmp_path, documents["choice"], documents["other"], "--objective",
                 "output_error", "--step", 8)
    check_allocation(result)


def test_smollm2(tmp_path, smollm2_model):
    choice = parallel_documents("en", 6, characters=200)
    other = parallel_documents("en", 9, characters=100)[6:]
    result = run(smollm2_model.path, tmp_path, choice, other, "--budget", BUDGET)
    check(result, {name: Text.by_transformers(smollm2_model, documents, LENGTH)
                   for name, documents in (("choice", choice), ("other", other))})
