"""The retention measures of captured activations, recomputed by numpy in float64 from their definitions.

    python retention_reference.py ACTS.h5 CAL.h5 RETENTION.json

compares with what this printed:

    aqua analyze retention CAL.h5 --activations ACTS.h5 --pair-queries 0 --json

All measures of the bases aqua, keys, kq-svd and identity: every head's value, the layers' and the
model's means, and the worst head. (The bases random and native are left out; without --pair-queries 0
the sampled queries could not be known here.) As a pytest module it makes the three files itself:

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/retention_reference.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ROOTS_OF_RATIOS = ("logit_error", "output_error")
# Single precision against double: rounding changes a mean by about 1e-6 of its value, and now and
# then a selection or a top key where two candidates are equal to seven digits.
RELATIVE, ABSOLUTE = 1e-4, 1e-6
TOP1_FLIPS = 3


def right_singular_vectors(matrix):
    return np.linalg.svd(matrix)[2].T


def maps_of(basis, head):
    """(query map, key map) of one KV head from its calibrated statistics."""
    if basis == "aqua":
        return head["basis"], head["basis"]
    if basis == "keys":
        v = right_singular_vectors(head["r_key"])
        return v, v
    if basis == "kq-svd":
        u, s, vt = np.linalg.svd(head["r_key"] @ head["r_query"].T)
        carried = s > len(s) * np.finfo(float).eps * s[0]
        inverse = np.where(carried, 1.0 / np.where(carried, s, 1.0), 0.0)
        return head["r_key"].T @ u, head["r_query"].T @ vt.T * inverse
    if basis == "identity":
        identity = np.eye(head["r_key"].shape[0])
        return identity, identity
    return None


class Attention:
    """How a layer turns dot products into logits, from the attributes of its dataset group."""

    def __init__(self, attributes):
        self.scale = float(attributes["scale"])
        self.softcap = float(attributes["softcap"])
        self.window = int(attributes["window"])

    def visible(self, tokens):
        i, j = np.arange(tokens)[:, None], np.arange(tokens)[None, :]
        return (j <= i) & ((j > i - self.window) if self.window else True)

    def logits(self, q, k):
        logits = self.scale * (q @ k.T)
        return self.softcap * np.tanh(logits / self.softcap) if self.softcap else logits


class Sums:
    """Numerators and denominators of all measures of one head and setting."""

    def __init__(self):
        self.terms = {}

    def add(self, key, numerator, denominator):
        total = self.terms.setdefault(key, np.zeros(2))
        total += numerator, denominator

    def values(self):
        ratios = {key: n / d if d > 0 else np.nan for key, (n, d) in self.terms.items()}
        return {k: np.sqrt(v) if k in ROOTS_OF_RATIOS else v for k, v in ratios.items()}


def add_losses(sums, names, share, counted):
    sums.add(names[0], (1 - np.sqrt(share))[counted].sum(), counted.sum())
    sums.add(names[1], (1 - share)[counted].sum(), counted.sum())


def kept_mask(q_hat, kept, selection):
    mask = np.zeros_like(q_hat)
    if selection == "static":
        mask[:, :kept] = 1.0
    else:
        largest = np.argsort(-np.abs(q_hat), axis=1, kind="stable")[:, :kept]
        np.put_along_axis(mask, largest, 1.0, axis=1)
    return mask


def softmax(logits):
    """Rows of weights, and the logarithm of what each was divided by."""
    top = logits.max(axis=1, keepdims=True)
    weights = np.exp(logits - top)
    total = weights.sum(axis=1, keepdims=True)
    return weights / total, (top + np.log(total))[:, 0]


class ExactHead:
    """One query head in one sequence: what does not depend on the basis."""

    def __init__(self, q, k, v, first, attention):
        self.q, self.k, self.v, self.first, self.attention = q, k, v, first, attention
        self.seen = attention.visible(len(q))[first:]
        self.logits = attention.logits(q[first:], k)
        self.weights, self.log_sum = softmax(np.where(self.seen, self.logits, -np.inf))
        self.top = np.where(self.seen, self.logits, -np.inf).argmax(1)

    def measure(self, sums, maps, kept, selection, orthogonal):
        q_hat, k_hat = self.q[self.first:] @ maps[0], self.k @ maps[1]
        mask = kept_mask(q_hat, kept, selection)
        if orthogonal:
            self.measure_losses(sums, q_hat, k_hat, mask, selection)
        logits = self.attention.logits(q_hat * mask, k_hat)
        weights, log_sum = softmax(np.where(self.seen, logits, -np.inf))
        top = np.where(self.seen, logits, -np.inf).argmax(1)
        difference, rows = np.where(self.seen, self.logits - logits, 0.0), len(q_hat)
        sums.add("logit_error", (difference**2).sum(), (self.logits[self.seen] ** 2).sum())
        sums.add("total_variation", 0.5 * np.abs(self.weights - weights).sum(), rows)
        # sum_j p_j ln(p_j/p~_j), with ln p = logit - log_sum
        divergence = (self.weights * difference).sum(1) - self.log_sum + log_sum
        sums.add("kl_divergence", divergence.sum(), rows)
        sums.add("top1_agreement", (self.top == top).sum(), rows)
        if self.v is not None:
            sums.add("output_error", (((self.weights - weights) @ self.v) ** 2).sum(),
                     ((self.weights @ self.v) ** 2).sum())

    def measure_losses(self, sums, q_hat, k_hat, mask, selection):
        query_energy, key_energy = (q_hat**2).sum(1), (k_hat**2).sum(1)
        with np.errstate(invalid="ignore", divide="ignore"):
            query_share = ((q_hat * mask) ** 2).sum(1) / query_energy
            key_share = np.minimum(mask @ (k_hat**2).T / key_energy, 1.0)
        add_losses(sums, ("query_loss", "query_energy_loss"), query_share, query_energy > 0)
        names = ("key_loss", "key_energy_loss")
        if selection == "static":  # all rows are the same
            counted = (np.arange(len(k_hat)) >= self.first) & (key_energy > 0)
            add_losses(sums, names, key_share[0], counted)
        else:
            add_losses(sums, names, key_share, self.seen & (key_energy > 0))


def recompute(activations, calibration, settings, layers):
    """[setting] measure -> [layer][query head], for the settings whose basis is known here."""
    query_heads = int(activations.attrs["model_query_heads"])
    group = query_heads // int(activations.attrs["model_kv_heads"])
    extents = list(zip(activations["sequences/offset"], activations["sequences/length"],
                       activations["sequences/first_counted"]))
    found = [{} for _ in settings]
    for layer in layers:
        stored = activations[f"layers/{layer:03d}/post_rope"]
        fitted = calibration[f"layers/{layer:03d}/post_rope"]
        attention = Attention(stored.attrs)
        vectors = {name: stored[name][...].astype(np.float64) for name in "qkv" if name in stored}
        statistics = {name: fitted[name][...] for name in ("basis", "r_query", "r_key")}
        sums = [[Sums() for _ in range(query_heads)] for _ in settings]
        for h in range(query_heads):
            g = h // group
            head = {name: value[g] for name, value in statistics.items()}
            maps = {name: maps_of(name, head) for name in {s["basis"] for s in settings}}
            for offset, length, first in extents:
                rows = slice(offset, offset + length)
                v = vectors["v"][rows, g] if "v" in vectors else None
                exact = ExactHead(vectors["q"][rows, h], vectors["k"][rows, g], v, first, attention)
                for setting, of_setting in zip(settings, sums):
                    basis = setting["basis"]
                    if maps[basis] is not None:
                        exact.measure(of_setting[h], maps[basis], setting["k"],
                                      setting["selection"], basis != "kq-svd")
        for measured, of_setting in zip(found, sums):
            values = [one.values() for one in of_setting]
            for key in values[0]:
                measured.setdefault(key, []).append([value[key] for value in values])
    return found


def disagreements(report, expected, flips):
    """Sentences about every number in one setting's measures that differs."""
    lines = []

    def check(where, key, got, want):
        got = np.array([np.nan if value is None else value for value in np.ravel(got)], float)
        want = np.ravel(want).astype(float)
        absolute = flips if key == "top1_agreement" else ABSOLUTE
        if not np.allclose(got, want, rtol=RELATIVE, atol=absolute, equal_nan=True):
            lines.append(f"{where}: found {got}, expected {want}")

    for key, result in report["measures"].items():
        heads = expected.get(key)
        if heads is None:
            check(key, key, [result["model"]["value"], result["worst"]["value"]], [np.nan] * 2)
            continue
        worst = np.min if key == "top1_agreement" else np.max
        check(f"{key}, heads", key, result["heads"], heads)
        check(f"{key}, layers", key, [e["value"] for e in result["layers"]], np.mean(heads, axis=1))
        check(f"{key}, model", key, result["model"]["value"], np.mean(heads))
        check(f"{key}, worst head", key, result["worst"]["value"], worst(heads))
    return lines


def compare(activations_path, calibration_path, report):
    """(settings compared, sentences about what differs) for the JSON of `aqua analyze retention`."""
    (corpus,) = report["corpora"]
    if corpus["pair_queries_per_head"] != corpus["queries_per_head"]:
        raise SystemExit("the JSON was made with sampled queries: use --pair-queries 0")
    with h5py.File(activations_path) as activations, h5py.File(calibration_path) as calibration:
        expected = recompute(activations, calibration, corpus["results"], corpus["layers"])
    compared, lines = 0, []
    for setting, values in zip(corpus["results"], expected):
        if not values:
            continue
        compared += 1
        label = f"{setting['basis']}, k = {setting['k']}, {setting['selection']}"
        flips = TOP1_FLIPS / corpus["queries_per_head"]
        lines += [f"{label}: {line}" for line in disagreements(setting, values, flips)]
    return compared, lines


def aqua(*arguments):
    command = [os.environ["AQUA_BIN"], *map(str, arguments), "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout


def test_every_measure_agrees_with_its_definition(tmp_path):
    model = ROOT / "data/models/aqua-tiny-bilingual"
    shared = Path(os.environ.get("AQUA_SHARED", ROOT.parent / "shared"))
    calibration, activations = tmp_path / "cal.aqua.h5", tmp_path / "acts.h5"
    common = ("-m", model, "--sequence-length", 256, "-o")
    aqua("calibrate", *common, calibration, "-c", f"en={shared / 'corpora/pud.en'}",
         "--max-tokens", 4096)
    # Windows overlap, so that some tokens are context only.
    aqua("capture", *common, activations, "-c", f"hi={shared / 'corpora/pud.hi'}",
         "--max-tokens", 600, "--stride", 200)
    report = json.loads(aqua("analyze", "retention", calibration, "--activations", activations,
                             "--pair-queries", 0, "--bases", "aqua,keys,kq-svd,identity", "--json"))
    compared, lines = compare(activations, calibration, report)
    assert compared == 4 * 3 * 2
    assert lines == []


def main(arguments):
    if len(arguments) != 3:
        raise SystemExit(__doc__)
    compared, lines = compare(arguments[0], arguments[1], json.loads(Path(arguments[2]).read_text()))
    print("\n".join(lines))
    print(f"{compared} settings compared, {len(lines)} disagreements")
    return 1 if lines or compared == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
