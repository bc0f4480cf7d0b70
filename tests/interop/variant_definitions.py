"""The attention variants, each from its definition (docs/mathematics.md, section 13, and the papers).

Slow and obvious, in PyTorch and float64: a reference to compare with, not an implementation to run.
A variant is called with one layer's queries q [H, T, d] and keys k [H_kv, T, d] of a causal sequence and
returns the attention weights [H, T, T].
"""

import math
from dataclasses import dataclass

import torch


def half_up(x):
    return math.floor(x + 0.5)


def softmax(logits, allowed):
    return torch.softmax(logits.masked_fill(~allowed, -math.inf), -1)


def causal(tokens):
    return torch.ones(tokens, tokens, dtype=torch.bool).tril()


def repeat(x, q):
    """KV heads to query heads: h // G."""
    return x.repeat_interleave(q.shape[0] // x.shape[0], 0)


def grouped(q, kv_heads):
    """The queries of each KV head's group, one below the other: [H_kv, G·T, d]."""
    return q.reshape(kv_heads, -1, q.shape[-1])


def keep_largest(x, kept):
    index = x.abs().topk(kept, -1).indices
    return torch.zeros_like(x).scatter(-1, index, x.gather(-1, index))


# Products q·k, [H, T, T].


def exact_products(layer, q, k):
    return q @ repeat(k, q).mT


@dataclass
class DynamicProducts:
    """The query's largest dimensions, rotated; `bases` None: not rotated. `stored`: leading dimensions
    that keys have."""

    bases: list  # [layer] [H_kv, d, d]
    ratio: float
    stored: int | None = None

    def __call__(self, layer, q, k):
        if self.bases is not None:
            basis = self.bases[layer][..., : self.stored]
            q, k = q @ repeat(basis, q), k @ basis
        return keep_largest(q, half_up(self.ratio * q.shape[-1])) @ repeat(k, q).mT


@dataclass
class MappedProducts:
    """The first dimensions of a map of queries and one of keys: static slice, KQ-SVD, Loki's proxy."""

    query_maps: list  # [layer] [H_kv, d, d]
    key_maps: list
    ratio: float

    def __call__(self, layer, q, k):
        n = half_up(self.ratio * q.shape[-1])
        query_map, key_map = self.query_maps[layer][..., :n], self.key_maps[layer][..., :n]
        return (q @ repeat(query_map, q)) @ repeat(k @ key_map, q).mT


@dataclass
class LrqkProducts:
    """A_Q·A_Kᵀ after alternating least squares, every step an ordinary least-squares problem."""

    rank: float
    rounds: int

    def __call__(self, layer, q, k):
        n = half_up(self.rank * q.shape[-1])
        return torch.cat([self.products(x, y, n).view(-1, *2 * [q.shape[1]])
                          for x, y in zip(grouped(q, k.shape[0]), k)])

    def products(self, q, k, n):
        """Of one KV head: q [G·T, d], k [T, d]."""

        def solve(a, b):
            # The rank-revealing driver: LAPACK's dgelsd.
            return torch.linalg.lstsq(a, b, driver="gelsd").solution

        channels = (q.norm(dim=0) * k.norm(dim=0)).topk(n).indices
        a_q, a_k = q[:, channels], k[:, channels]
        for _ in range(self.rounds):
            b_q, b_k = solve(a_q, q), solve(a_k, k)
            # ‖QKᵀ − A_Q·A_Kᵀ‖² + ‖Q − A_Q·B_Q‖² = ‖[QKᵀ Q] − A_Q·[A_Kᵀ B_Q]‖², and likewise for A_K.
            a_q = solve(torch.cat([a_k.T, b_q], 1).T, torch.cat([q @ k.T, q], 1).T).T
            a_k = solve(torch.cat([a_q.T, b_k], 1).T, torch.cat([k @ q.T, k], 1).T).T
        return a_q @ a_k.T


@dataclass
class ThinkProducts:
    """Channels of the key cache that the last queries hardly use are pruned, but not of recent keys."""

    ratio: float
    window: int

    def __call__(self, layer, q, k):
        kept, tokens = half_up(self.ratio * q.shape[-1]), q.shape[1]
        observed = grouped(q[:, -self.window :], k.shape[0])
        scores = observed.norm(dim=1) * k.norm(dim=1)  # [H_kv, d]
        mask = torch.zeros_like(scores).scatter(-1, scores.topk(kept, -1).indices, 1.0)
        pruned = k * mask[:, None]
        i, j = torch.arange(tokens)[:, None], torch.arange(tokens)[None]
        return torch.where(j > i - self.window, q @ repeat(k, q).mT, q @ repeat(pruned, q).mT)


def quantise(x, bits):
    """Along the last axis, which shares minimum and step."""
    low = x.amin(-1, keepdim=True)
    step = (x.amax(-1, keepdim=True) - low) / (2**bits - 1)
    return low + step * ((x - low) / step).round()


@dataclass
class QuantisedProducts:
    """Keys of few bits, per token or per channel, in a basis or as they are; with a ratio, queries use
    their largest dimensions."""

    bits: int
    per: str
    size: int
    bases: list | None = None
    ratio: float = 1.0

    def __call__(self, layer, q, k):
        if self.bases is not None:
            q, k = q @ repeat(self.bases[layer], q), k @ self.bases[layer]
        q = keep_largest(q, half_up(self.ratio * q.shape[-1]))
        kv_heads, tokens, d = k.shape
        if self.per == "token":
            rounded = quantise(k.reshape(kv_heads, tokens, -1, self.size), self.bits)
            return q @ repeat(rounded.reshape(k.shape), q).mT
        # Groups of tokens count as soon as they are complete.
        whole = tokens // self.size * self.size
        groups = k[:, :whole].reshape(kv_heads, -1, self.size, d)
        rounded = k.clone()
        rounded[:, :whole] = quantise(groups.mT, self.bits).mT.reshape(kv_heads, whole, d)
        i, j = torch.arange(tokens)[:, None], torch.arange(tokens)[None]
        complete = (j // self.size + 1) * self.size <= i + 1
        return torch.where(complete, q @ repeat(rounded, q).mT, q @ repeat(k, q).mT)


# What is done with the products.


@dataclass
class Scored:
    """All keys take part."""

    products: object

    def __call__(self, layer, q, k, scale):
        return softmax(scale * self.products(layer, q, k), causal(q.shape[1]))


exact = Scored(exact_products)


@dataclass
class Selecting:
    """Exact attention to the latest tokens and to those of best proxy score before them."""

    proxy: object
    top: float
    recent: float = 0.0

    def __call__(self, layer, q, k, scale):
        proxy = self.proxy(layer, q, k)
        chosen = torch.zeros_like(proxy, dtype=torch.bool)
        for i in range(q.shape[1]):
            seen = i + 1
            older = seen - half_up(self.recent * seen)
            chosen[:, i, older:seen] = True
            top = min(older, max(1, half_up(self.top * seen)))
            chosen[:, i].scatter_(-1, proxy[:, i, :older].topk(top, -1).indices, True)
        return softmax(scale * exact_products(layer, q, k), chosen)


@dataclass
class Evicting:
    """H2O: a cache of the recent tokens and of those that have received most weight so far."""

    recent: float
    heavy: float
    products: object = exact_products

    def __call__(self, layer, q, k, scale):
        tokens, kv_heads = q.shape[1], k.shape[0]
        logits = scale * self.products(layer, q, k)
        recent = max(1, half_up(self.recent * tokens))
        budget = recent + half_up(self.heavy * tokens)
        held = torch.zeros(kv_heads, tokens, dtype=torch.bool)
        mass = torch.zeros(kv_heads, tokens, dtype=torch.float64)
        weights = torch.zeros_like(logits)
        for i in range(tokens):
            held[:, i] = True
            weights[:, i] = softmax(logits[:, i], repeat(held, q))
            mass += weights[:, i].view(kv_heads, -1, tokens).sum(1)
            if i >= budget:
                mass_of_old = mass.masked_fill(~held, math.inf)
                mass_of_old[:, i - recent + 1 :] = math.inf
                held[torch.arange(kv_heads), mass_of_old.argmin(-1)] = False
        return weights


@dataclass
class OnLayers:
    """A variant on some layers, exact attention on the others."""

    inner: object
    layers: tuple

    def __call__(self, layer, q, k, scale):
        return (self.inner if layer in self.layers else exact)(layer, q, k, scale)
