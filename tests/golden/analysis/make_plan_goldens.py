#!/usr/bin/env python3
"""Writes plan.json: loss curves of the case in retention.json and the best allocations of kept
dimensions, by numpy in float64 and by trying every allocation. Usage:

    python3 make_plan_goldens.py [OUT.json]
"""

import itertools
import json
import pathlib
import sys

import numpy as np

folder = pathlib.Path(__file__).parent
case = json.loads((folder / "retention.json").read_text())
d, heads, kv_heads = case["head_dim"], case["query_heads"], case["kv_heads"]
group = heads // kv_heads
basis = case["bases"][0]
assert basis["orthogonal"]


def curve(kv_head, selection, form):
    """[d]: mean loss over the counted queries of the group with 1, 2, …, d dimensions."""
    losses = []
    for sequence in case["sequences"]:
        q = np.array(sequence["q"])[sequence["first_counted"]:].reshape(-1, heads, d)
        for head in range(kv_head * group, (kv_head + 1) * group):
            rotated = q[:, head] @ np.array(basis["query_map"][kv_head])
            rotated = rotated[np.any(rotated != 0, axis=1)]
            energy = rotated**2
            if selection == "dynamic":
                energy = -np.sort(-energy, axis=1)
            share = np.cumsum(energy, axis=1) / energy.sum(axis=1, keepdims=True)
            losses.append(1 - (np.sqrt(share) if form == "query_loss" else share))
    return np.concatenate(losses).mean(axis=0)


def best(curves, budget):
    """The least mean over heads with at most `budget` dimensions in all."""
    choices = itertools.product(range(1, d + 1), repeat=len(curves))
    return min(np.mean([c[k - 1] for c, k in zip(curves, ks)])
               for ks in choices if sum(ks) <= budget)


results = []
for selection, form in itertools.product(["static", "dynamic"],
                                         ["query_loss", "query_energy_loss"]):
    curves = [curve(g, selection, form) for g in range(kv_heads)]
    budgets = list(range(kv_heads, kv_heads * d + 1))
    results.append({"selection": selection, "measure": form,
                    "curves": [c.tolist() for c in curves],
                    "budgets": budgets, "least": [best(curves, b) for b in budgets]})
out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "plan.json"
out.write_text(json.dumps({"results": results}) + "\n")
