#!/usr/bin/env python3
"""Writes retention.json: one small random case and its retention measures, by numpy in float64.

Written from the definitions alone, with whole-matrix operations. Vectors are multiples of 1/64 and
bases are rounded to float32, so that they are the same numbers in C++. Usage:

    python3 make_retention_goldens.py [OUT.json]
"""

import json
import pathlib
import sys

import numpy as np

D, HEADS, KV_HEADS = 8, 4, 2
GROUP = HEADS // KV_HEADS
KEPT = {0.25: 2, 0.5: 4, 0.75: 6}
LENGTHS, FIRST_COUNTED = [10, 12], [0, 3]
DOCUMENTS = [[0] * 6 + [1] * 4, [1] * 5 + [2] * 7]
SCALE, SOFTCAP, WINDOW = 0.375, 4.0, 5


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def top_mask(x, k):
    """1 for the k entries of largest magnitude of each row, ties to the lower index."""
    mask = np.zeros_like(x)
    np.put_along_axis(mask, np.argsort(-np.abs(x), axis=1, kind="stable")[:, :k], 1.0, axis=1)
    return mask


def visible(length):
    i, j = np.arange(length)[:, None], np.arange(length)[None, :]
    return (j <= i) & (j > i - WINDOW)


def logits(q, k, seen):
    return np.where(seen, SOFTCAP * np.tanh(SCALE * (q @ k.T) / SOFTCAP), -np.inf)


def measure_head(sequences, query_map, key_map, kept, dynamic, orthogonal):
    """All measures of one query head; sequences: (q, k, v, first counted)."""
    sums = {}

    def add(key, numerator, denominator):
        a, b = sums.get(key, (0.0, 0.0))
        sums[key] = (a + numerator, b + denominator)

    for q, k, v, first in sequences:
        seen = visible(len(q))
        q_hat, k_hat = q @ query_map, k @ key_map
        mask = top_mask(q_hat, kept) if dynamic else np.repeat(
            (np.arange(D) < kept)[None, :].astype(float), len(q), axis=0)
        share = ((q_hat * mask) ** 2).sum(1) / (q_hat**2).sum(1)
        add("query_loss", (1 - np.sqrt(share))[first:].sum(), len(q) - first)
        add("query_energy_loss", (1 - share)[first:].sum(), len(q) - first)
        key_share = (mask @ (k_hat**2).T) / (k_hat**2).sum(1)[None, :]
        if dynamic:
            pairs = seen[first:]
            add("key_loss", (1 - np.sqrt(key_share))[first:][pairs].sum(), pairs.sum())
            add("key_energy_loss", (1 - key_share)[first:][pairs].sum(), pairs.sum())
        else:  # every row of key_share is the same
            add("key_loss", (1 - np.sqrt(key_share[0]))[first:].sum(), len(q) - first)
            add("key_energy_loss", (1 - key_share[0])[first:].sum(), len(q) - first)
        exact = logits(q, k, seen)[first:]
        approximate = logits(q_hat * mask, k_hat, seen)[first:]
        inside = seen[first:]
        add("logit_error", ((exact[inside] - approximate[inside]) ** 2).sum(),
            (exact[inside] ** 2).sum())
        p, p_approximate = softmax(exact), softmax(approximate)
        rows = len(q) - first
        add("total_variation", 0.5 * np.abs(p - p_approximate).sum(), rows)
        add("kl_divergence", (p[inside] * np.log(p[inside] / p_approximate[inside])).sum(), rows)
        add("top1_agreement", (exact.argmax(1) == approximate.argmax(1)).sum(), rows)
        add("output_error", (((p - p_approximate) @ v) ** 2).sum(), ((p @ v) ** 2).sum())

    values = {}
    for key, (numerator, denominator) in sums.items():
        value = numerator / denominator
        values[key] = float(np.sqrt(value)) if key in ("logit_error", "output_error") else float(value)
        if not orthogonal and key.endswith("loss"):
            values[key] = None
    return values


def main():
    rng = np.random.default_rng(20260101)
    grid = lambda *shape: np.round(64 * rng.standard_normal(shape)) / 64
    events = [{"q": grid(t, HEADS, D), "k": grid(t, KV_HEADS, D), "v": grid(t, KV_HEADS, D)}
              for t in LENGTHS]
    bases = []
    for name in ("orthogonal", "oblique"):
        maps = []
        for _ in range(KV_HEADS):
            rotation = np.linalg.qr(rng.standard_normal((D, D)))[0]
            stretch = np.ones(D) if name == "orthogonal" else np.linspace(2.0, 0.5, D)
            maps.append((np.float32(rotation * stretch).astype(float),
                         np.float32(rotation / stretch).astype(float)))
        bases.append((name, maps))

    results = []
    for name, maps in bases:
        for ratio, kept in KEPT.items():
            for selection in ("static", "dynamic"):
                heads = []
                for h in range(HEADS):
                    g = h // GROUP
                    sequences = [(e["q"][:, h], e["k"][:, g], e["v"][:, g], first)
                                 for e, first in zip(events, FIRST_COUNTED)]
                    heads.append(measure_head(sequences, *maps[g], kept, selection == "dynamic",
                                              name == "orthogonal"))
                results.append({"basis": name, "k_ratio": ratio, "k": kept, "selection": selection,
                                "heads": {key: [head[key] for head in heads] for key in heads[0]}})
    golden = {
        "head_dim": D, "query_heads": HEADS, "kv_heads": KV_HEADS,
        "scale": SCALE, "softcap": SOFTCAP, "window": WINDOW, "k_ratios": list(KEPT),
        "sequences": [{"first_counted": first, "document": documents,
                       **{key: value.reshape(len(documents), -1).tolist()
                          for key, value in event.items()}}
                      for first, documents, event in zip(FIRST_COUNTED, DOCUMENTS, events)],
        "bases": [{"name": name, "orthogonal": name == "orthogonal",
                   "query_map": [m[0].tolist() for m in maps],
                   "key_map": [m[1].tolist() for m in maps]} for name, maps in bases],
        "results": results,
    }
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                       else pathlib.Path(__file__).with_name("retention.json"))
    out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
