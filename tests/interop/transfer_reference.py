"""Transfer, spectra and convergence recomputed by numpy in float64 from captured activations.

Bases come from numpy's SVD of the stacked vectors themselves, losses from their definition, intervals
from the same resampled documents: the random draws (mt19937_64, as in the C++ standard) are made here
once more.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/transfer_reference.py
"""

import json
import os
import subprocess

import h5py
import numpy as np
import pytest

K_RATIOS = (0.25, 0.5)
REPLICATES, SEED = 150, 5
WINDOWS = ("--max-tokens", 600, "--sequence-length", 200, "--stride", 150, "--layers", "0,4")
# Losses are computed from single-precision vectors, bases from double-precision factors.
TOLERANCE = 1e-6
MASK = (1 << 64) - 1


def aqua(*arguments):
    command = [os.environ["AQUA_BIN"], *map(str, arguments), "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout


def mt19937_64(seed):
    state = [seed & MASK]
    for i in range(1, 312):
        state.append((6364136223846793005 * (state[-1] ^ (state[-1] >> 62)) + i) & MASK)
    while True:
        for i in range(312):
            x = (state[i] & 0xFFFFFFFF80000000) | (state[(i + 1) % 312] & 0x7FFFFFFF)
            state[i] = state[(i + 156) % 312] ^ (x >> 1) ^ (0xB5026F5AA96619E9 if x & 1 else 0)
        for x in list(state):
            x ^= (x >> 29) & 0x5555555555555555
            x ^= (x << 17) & 0x71D67FFFEDA60000
            x ^= (x << 37) & 0xFFF7EEE000000000
            yield x ^ (x >> 43)


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def bootstrap_weights(documents):
    """[replicate][document]: replicate b draws from the stream (seed, bootstrap = 2, b)."""
    weights = np.zeros((REPLICATES, documents))
    for b in range(REPLICATES):
        bits = mt19937_64(mix(mix(mix(SEED) ^ 2) ^ b))
        drawn = 0
        while drawn < documents:
            value = next(bits)
            if value < (1 << 64) % documents:
                continue
            weights[b, value % documents] += 1
            drawn += 1
    return weights


class Text:
    """The counted vectors of one captured corpus."""

    def __init__(self, path):
        with h5py.File(path) as file:
            extents = zip(file["sequences/offset"], file["sequences/length"],
                          file["sequences/first_counted"])
            rows = np.concatenate([np.arange(o + f, o + n) for o, n, f in extents])
            self.document = file["sequences/document"][...][rows]
            self.ids = [x.decode() if isinstance(x, bytes) else x for x in file["documents"][...]]
            self.layers = sorted(int(name) for name in file["layers"])
            self.q, self.k = {}, {}
            for layer in self.layers:
                stored = file[f"layers/{layer:03d}/post_rope"]
                self.q[layer] = stored["q"][...].astype(float)[rows]
                self.k[layer] = stored["k"][...].astype(float)[rows]
        self.group = self.q[self.layers[0]].shape[1] // self.k[self.layers[0]].shape[1]
        self.documents = np.unique(self.document)

    def stacked(self, layer, g, tokens=None):
        q = self.q[layer][:tokens, g * self.group:(g + 1) * self.group]
        return np.concatenate([q.reshape(-1, q.shape[2]), self.k[layer][:tokens, g]])

    def bases(self, tokens=None):
        """[layer][KV head] right singular vectors of queries and keys together."""
        return {layer: [np.linalg.svd(self.stacked(layer, g, tokens), full_matrices=False)[2].T
                        for g in range(self.k[layer].shape[1])] for layer in self.layers}

    def losses(self, bases, k, dynamic):
        """[layer and head][document] sums of query losses, and [document] tokens."""
        sums = []
        for layer in self.layers:
            for h in range(self.q[layer].shape[1]):
                energy = (self.q[layer][:, h] @ bases[layer][h // self.group]) ** 2
                kept = np.sort(energy, axis=1)[:, ::-1] if dynamic else energy
                loss = 1 - np.sqrt(kept[:, :k].sum(1) / energy.sum(1))
                sums.append([loss[self.document == d].sum() for d in self.documents])
        return np.array(sums), np.array([(self.document == d).sum() for d in self.documents])


def mean_loss(sums, tokens, weights):
    return (sums @ weights / (tokens @ weights)).mean()


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
    return folder, {corpus: Text(folder / f"{corpus}.h5") for corpus in ("en", "hi")}


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
        weights = bootstrap_weights(len(text.documents))
        sums, tokens = text.losses(bases[cell["fit"]], cell["k"], dynamic)
        value = mean_loss(sums, tokens, np.ones(len(tokens)))
        replicates = np.array([mean_loss(sums, tokens, w) for w in weights])
        check(cell, value, replicates, cell["fit"] + cell["evaluation"])
        compared += 1
        if cell["gap"] is not None:
            native, _ = text.losses(bases[cell["evaluation"]], cell["k"], dynamic)
            check(cell["gap"], value - mean_loss(native, tokens, np.ones(len(tokens))),
                  replicates - [mean_loss(native, tokens, w) for w in weights], "gap")
            compared += 1
    assert compared == 2 * 2 * (4 + 2)

    # Document by document: the ids that both have, in the order of the first text.
    ids = {name: {text.ids[d]: i for i, d in enumerate(text.documents)}
           for name, text in texts.items()}
    common = [i for i in ids["en"] if i in ids["hi"]]
    assert result["aligned"]["documents"] == len(common) >= 2
    weights = bootstrap_weights(len(common))
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

    # Subspaces: plain cosines are good to 1e-8 at the angles that occur here.
    for entry in result["subspaces"]:
        overlaps, angles = [], []
        for layer in texts["en"].layers:
            for a, b in zip(bases["en"][layer], bases["hi"][layer]):
                cosines = np.linalg.svd(a[:, :entry["k"]].T @ b[:, :entry["k"]], compute_uv=False)
                overlaps.append((cosines**2).mean())
                angles.append(np.arccos(np.minimum(cosines, 1)).mean())
        assert abs(entry["overlap"] - np.mean(overlaps)) < TOLERANCE
        assert abs(entry["mean_angle"] - np.mean(angles)) < TOLERANCE
        assert abs(entry["worst"]["overlap"] - np.min(overlaps)) < TOLERANCE


def test_spectra(captured, tmp_path):
    text = captured[1]["en"]
    calibration = tmp_path / "en.aqua.h5"
    aqua("calibrate", "-c", "en", *WINDOWS, "-o", calibration)
    result = json.loads(aqua("analyze", "spectrum", calibration, "--json"))
    compared = 0
    for layer in result["layers"]:
        for head in layer["heads"]:
            g, number = head["kv_head"], layer["layer"]
            stacked = text.stacked(number, g)
            queries = len(stacked) - len(text.document)
            for factor, x in (("joint", stacked), ("query", stacked[:queries]),
                              ("key", stacked[queries:])):
                sigma = np.linalg.svd(x, compute_uv=False)
                p = sigma**2 / (sigma**2).sum()
                found = head[factor]
                assert np.allclose(found["singular_values"], sigma, rtol=1e-10, atol=0)
                assert np.allclose(found["cumulative_energy"], np.cumsum(p), rtol=1e-10, atol=0)
                assert np.isclose(found["effective_rank"], np.exp(-(p * np.log(p)).sum()), 1e-10)
                assert np.isclose(found["participation_ratio"], 1 / (p**2).sum(), 1e-10)
                assert found["ranks"] == [int(np.argmax(np.cumsum(p) >= share)) + 1
                                          for share in (0.9, 0.95, 0.99)]
                compared += 1
    assert compared == 2 * 4 * 3


def test_convergence(captured):
    texts, counts = captured[1], (90, 300, 600)
    result = json.loads(aqua(
        "analyze", "convergence", "-c", "en", "--held-out", "hi", *WINDOWS, "--counts",
        ",".join(map(str, counts)), "--k-ratios", ",".join(map(str, K_RATIOS)), "--bootstrap", 0,
        "--json"))
    compared = 0
    for count, point in zip(counts, result["points"], strict=True):
        assert point["tokens"] == count
        bases = texts["en"].bases(count)
        for loss in point["losses"]:
            sums, tokens = texts["hi"].losses(bases, loss["k"], loss["selection"] == "dynamic")
            expected = mean_loss(sums, tokens, np.ones(len(tokens)))
            assert abs(loss["query_loss"]["value"] - expected) < TOLERANCE
            compared += 1
    assert compared == 3 * 2 * 2
