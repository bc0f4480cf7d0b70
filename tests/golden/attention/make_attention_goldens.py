#!/usr/bin/env python3
"""Writes attention.json: small random cases and the outputs of every attention variant, by numpy in
float64.

Written from the papers (AQUA arXiv 2509.11155, H2O 2306.14048, LRQK 2510.23649, Loki 2406.02542, ThinK
2407.21018, SparQ 2312.04985, KIVI 2402.02750) and the conventions in docs; whole matrices with masks,
no caches. Vectors are multiples of 1/64 and bases are rounded to float32, so that they are the same
numbers in C++. Every decision is checked to be clear of float32's rounding. Usage:

    python3 make_attention_goldens.py [OUT.json]
"""

import json
import math
import pathlib
import sys

import numpy as np

T, D, HEADS, KV_HEADS = 12, 8, 4, 2
GROUP = HEADS // KV_HEADS
CLEAR = 1e-5  # smallest gap between what a decision takes and leaves


def half_up(x):
    return math.floor(x + 0.5)


class Case:
    def __init__(self, rng, window, softcap):
        grid = lambda *shape: np.round(64 * rng.standard_normal(shape)) / 64
        self.q, self.k, self.v = grid(T, HEADS, D), grid(T, KV_HEADS, D), grid(T, KV_HEADS, D)
        self.window, self.softcap, self.scale = window, softcap, 0.375
        i, j = np.arange(T)[:, None], np.arange(T)[None, :]
        self.seen = (j <= i) & (j > i - window)
        self.distance = i - j

    def cap(self, products):
        x = self.scale * products
        return self.softcap * np.tanh(x / self.softcap) if self.softcap else x

    def weights(self, products, allowed):
        x = np.where(allowed, self.cap(products), -np.inf)
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def output(self, products, allowed=None):
        """products(h): [T, T]; allowed(h): [T, T] bool. → [T, HEADS·D]"""
        heads = []
        for h in range(HEADS):
            mask = self.seen if allowed is None else allowed(h)
            heads.append(self.weights(products(h), mask) @ self.v[:, h // GROUP])
        return np.hstack(heads)

    def exact(self, h):
        return self.q[:, h] @ self.k[:, h // GROUP].T


def clear(values, kept):
    """That the kept largest of each row are clearly larger than the rest."""
    s = -np.sort(-values, axis=-1)
    if kept < s.shape[-1]:
        assert (s[..., kept - 1] - s[..., kept]).min() > CLEAR


def largest(x, kept):
    clear(np.abs(x), kept)
    mask = np.zeros_like(x)
    np.put_along_axis(mask, np.argsort(-np.abs(x), axis=1, kind="stable")[:, :kept], 1.0, axis=1)
    return x * mask


def top_tokens(case, proxy, top, recent):
    """[T, T] bool: the last tokens and, before them, those of best proxy score."""
    chosen = np.zeros((T, T), bool)
    for i in range(T):
        seen = np.flatnonzero(case.seen[i])
        late = min(len(seen), half_up(recent * len(seen)))
        older = seen[: len(seen) - late]
        count = min(len(older), max(1, half_up(top * len(seen))))
        if len(older):
            clear(proxy[i][older], count)
        best = older[np.argsort(-proxy[i][older], kind="stable")[:count]]
        chosen[i, best] = True
        chosen[i, seen[len(seen) - late :]] = True
    return chosen


def h2o(case, products, recent, heavy):
    """[head] → [T, T] bool: what each query finds in its KV head's cache."""
    late = max(1, half_up(recent * T))
    budget = late + half_up(heavy * T)
    allowed = []
    for g in range(KV_HEADS):
        heads = range(g * GROUP, (g + 1) * GROUP)
        present = np.zeros((T, T), bool)
        gone = np.zeros(T, bool)
        mass = np.zeros(T)
        for i in range(T):
            present[i] = case.seen[i] & ~gone
            for h in heads:
                mass += case.weights(products(h)[i : i + 1], present[i : i + 1])[0]
            if present[i].sum() > budget:
                older = [j for j in np.flatnonzero(present[i]) if j <= i - late]
                order = sorted(older, key=lambda j: mass[j])
                if len(order) > 1:
                    assert mass[order[1]] - mass[order[0]] > CLEAR
                gone[order[0]] = True
        allowed += [present] * GROUP
    return allowed


def lrqk(case, g, rank, rounds):
    """A_Q per head of the group, and A_K, by alternating least squares on the matrices."""
    q = np.vstack([case.q[:, h] for h in range(g * GROUP, (g + 1) * GROUP)])
    k = case.k[:, g]
    order = np.argsort(-(q**2).sum(0) * (k**2).sum(0), kind="stable")[:rank]
    a_q, a_k = q[:, order], k[:, order]
    for _ in range(rounds):
        b_q = np.linalg.lstsq(a_q, q, rcond=None)[0]
        b_k = np.linalg.lstsq(a_k, k, rcond=None)[0]
        # min ‖q·kᵀ − A·a_kᵀ‖² + ‖q − A·b_q‖²: rows of A by one least-squares problem.
        a_q = np.linalg.lstsq(np.vstack([a_k, b_q.T]), np.vstack([k @ q.T, q.T]), rcond=None)[0].T
        a_k = np.linalg.lstsq(np.vstack([a_q, b_k.T]), np.vstack([q @ k.T, k.T]), rcond=None)[0].T
    return np.split(a_q, GROUP), a_k


def quantise(x, bits, per, size):
    out = x.copy()
    blocks = []
    if per == "token":
        blocks = [(slice(t, t + 1), slice(c, c + size)) for t in range(T) for c in range(0, D, size)]
    else:
        blocks = [(slice(t, t + size), slice(c, c + 1))
                  for t in range(0, T - size + 1, size) for c in range(D)]
    for block in blocks:
        low, high = x[block].min(), x[block].max()
        step = (high - low) / (2**bits - 1)
        if step > 0:
            codes = (x[block] - low) / step
            assert np.abs(codes - np.floor(codes) - 0.5).min() > CLEAR
            out[block] = low + step * np.round(codes)
    return out


def outputs(case, bases):
    """spec → [T, HEADS·D]"""
    maps = lambda method, h: bases[method][h // GROUP]
    q_hat = lambda method, h: case.q[:, h] @ maps(method, h)[0]
    k_hat = lambda method, h: case.k[:, h // GROUP] @ maps(method, h)[1]
    sliced = lambda method, n: lambda h: q_hat(method, h)[:, :n] @ k_hat(method, h)[:, :n].T
    dynamic = lambda n, stored=D: lambda h: (
        largest(q_hat("aqua", h)[:, :stored], n) @ k_hat("aqua", h)[:, :stored].T)

    result = {"exact": case.output(case.exact)}
    result["aqua-static:k=0.5"] = case.output(sliced("aqua", 4))
    result["aqua:k=0.75"] = case.output(dynamic(6))
    result["aqua:k=0.3"] = case.output(dynamic(2))
    result["aqua-memory:s=0.3,k=0.5"] = case.output(dynamic(3, 6))  # 6 stored, 3 used
    result["sparq:k=0.5"] = case.output(lambda h: sparq(case, h, 4))
    result["kq-svd:r=0.5"] = case.output(sliced("kq-svd", 4))

    proxies = sliced("keys", 2)
    result["loki:r=0.25,top=0.3"] = case.output(
        case.exact, lambda h: top_tokens(case, proxies(h), 0.3, 0.0))
    factors = [lrqk(case, g, 3, 2) for g in range(KV_HEADS)]
    proxy = lambda h: factors[h // GROUP][0][h % GROUP] @ factors[h // GROUP][1].T
    result["lrqk:r=0.375,top=0.25,recent=0.2"] = case.output(
        case.exact, lambda h: top_tokens(case, proxy(h), 0.25, 0.2))

    allowed = h2o(case, case.exact, 0.15, 0.2)
    result["h2o:recent=0.15,heavy=0.2"] = case.output(case.exact, lambda h: allowed[h])
    approximate = dynamic(4)
    scores = [approximate(h) for h in range(HEADS)]
    kept = h2o(case, lambda h: scores[h], 0.15, 0.2)
    result["aqua-h2o:k=0.5,recent=0.15,heavy=0.2"] = case.output(
        lambda h: scores[h], lambda h: kept[h])

    def think(h):
        g = h // GROUP
        late = case.q[-5:, g * GROUP : (g + 1) * GROUP].reshape(-1, D)
        score = np.sqrt((late**2).sum(0) * (case.k[:, g] ** 2).sum(0))
        clear(score[None], 5)
        stays = np.zeros(D)
        stays[np.argsort(-score, kind="stable")[:5]] = 1.0
        pruned = (case.q[:, h] * stays) @ case.k[:, g].T
        return np.where(case.distance < 5, case.exact(h), pruned)

    result["think:k=0.6,window=5"] = case.output(think)

    def quantised(bits, per, size, mapped_q, mapped_k):
        def products(h):
            k = mapped_k(h)
            x = mapped_q(h) @ quantise(k, bits, per, size).T
            if per == "token":
                return x
            i, j = np.arange(T)[:, None], np.arange(T)[None, :]
            return np.where((j // size + 1) * size <= i + 1, x, mapped_q(h) @ k.T)

        return products

    plain_q, plain_k = (lambda h: case.q[:, h]), (lambda h: case.k[:, h // GROUP])
    aqua_q, aqua_k = (lambda h: q_hat("aqua", h)), (lambda h: k_hat("aqua", h))
    result["quant:bits=4,group=8"] = case.output(quantised(4, "token", 8, plain_q, plain_k))
    result["quant:bits=2,per=channel,group=4"] = case.output(
        quantised(2, "channel", 4, plain_q, plain_k))
    result["quant:bits=3,group=4,rotate=1"] = case.output(quantised(3, "token", 4, aqua_q, aqua_k))
    result["aqua-quant:k=0.5,bits=4,per=channel,group=4"] = case.output(
        quantised(4, "channel", 4, lambda h: largest(aqua_q(h), 4), aqua_k))
    return result


def sparq(case, h, kept):
    """Multiples of 1/64 can tie: the lower index then goes first, as in `largest`."""
    q = case.q[:, h]
    mask = np.zeros_like(q)
    np.put_along_axis(mask, np.argsort(-np.abs(q), axis=1, kind="stable")[:, :kept], 1.0, axis=1)
    return (q * mask) @ case.k[:, h // GROUP].T


def try_seed(seed):
    rng = np.random.default_rng(seed)
    float32 = lambda x: np.float32(x).astype(float)
    rotation = lambda: float32(np.linalg.qr(rng.standard_normal((D, D)))[0])
    bases = {"aqua": [], "keys": [], "kq-svd": []}
    for _ in range(KV_HEADS):
        for name in ("aqua", "keys"):
            p = rotation()
            bases[name].append((p, p))
        p, stretch = rotation(), np.linspace(2.0, 0.5, D)
        bases["kq-svd"].append((float32(p * stretch), float32(p / stretch)))
    cases = [Case(rng, T, None), Case(rng, 7, 4.0)]
    return cases, bases, [outputs(case, bases) for case in cases]


def main():
    for seed in range(10000):
        try:
            cases, bases, results = try_seed(seed)
            break
        except AssertionError:  # a decision too close to call
            continue
    digits = lambda x: [[float(f"{value:.6g}") for value in row] for row in x]
    golden = {
        "seed": seed, "tokens": T, "head_dim": D, "query_heads": HEADS, "kv_heads": KV_HEADS,
        "bases": [{"method": name, "query_map": [m[0].tolist() for m in maps],
                   "key_map": [m[1].tolist() for m in maps]} for name, maps in bases.items()],
        "cases": [{"scale": case.scale, "softcap": case.softcap, "window": case.window,
                   "q": case.q.reshape(T, -1).tolist(), "k": case.k.reshape(T, -1).tolist(),
                   "v": case.v.reshape(T, -1).tolist(),
                   "outputs": {spec: digits(x) for spec, x in result.items()}}
                  for case, result in zip(cases, results)],
    }
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                       else pathlib.Path(__file__).with_name("attention.json"))
    out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"seed {seed}: {out}")


if __name__ == "__main__":
    main()
