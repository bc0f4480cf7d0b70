"""A text's queries and keys, and what bases of them lose: what several comparisons of analyses start from.

Vectors come from transformers (Text.by_transformers) or from a file of `aqua capture` (Text.captured);
bases are numpy's SVD of the stacked vectors, losses follow their definition, in float64.

How near aqua's numbers must be. Its float32 vectors and transformers' agree to about 1e-6, relative, on
the bundled model and 1e-5 on SmolLM2; their singular values to 1e-7 of the norm, as errors cancel in sums
over tokens. Losses are ratios of norms and move by some of the former. A basis turns by the error of the
singular values over the gap between σ_k and σ_{k+1}, whose narrowest are 1e-3 of σ_k: overlaps and angles
see that. Losses do not: where the gap is narrow, directions of nearly equal energy change places.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import transformers

LOSS_LIMIT, TURN_LIMIT = 1e-5, 1e-4

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "data/models/aqua-tiny-bilingual"
sys.path.insert(0, str(ROOT / "tests/golden/model"))
import recording  # noqa: E402


def aqua(*arguments):
    command = [os.environ["AQUA_BIN"], *map(str, arguments), "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout


class Model:
    """A checkpoint in transformers: a folder, or a GGUF file."""

    def __init__(self, path):
        self.path = path
        folder, how = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
        self.model = recording.load(folder, **how)
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **how)

    def encode(self, text):
        return self.tokenizer(text)["input_ids"]

    def queries_and_keys(self, ids):
        """[(q [T, H, d], k [T, H_kv, d])] by layer, in float64."""
        found = recording.forward(self.model, ids).qk
        layers = self.model.config.num_hidden_layers
        return [tuple(x.double().numpy() for x in found[layer, "post_rope"]) for layer in range(layers)]


def parallel_documents(language, count, characters=None):
    """(id, text) of the first documents of a bundled corpus."""
    path = ROOT / f"data/corpora/parallel.{language}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()[:count]
    return [(str(line["id"]), line["text"][:characters]) for line in map(json.loads, lines)]


def write_corpus(path, documents):
    lines = [json.dumps({"id": i, "text": text}, ensure_ascii=False) for i, text in documents]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Text:
    """Counted tokens: q and k {layer: [tokens, heads, d]}, and each token's place in `ids`, documents."""

    def __init__(self, q, k, document, ids):
        self.q, self.k, self.document, self.ids = q, k, document, ids
        self.layers = sorted(q)
        self.group = q[self.layers[0]].shape[1] // k[self.layers[0]].shape[1]
        self.documents = np.unique(document)

    @classmethod
    def captured(cls, path):
        with h5py.File(path) as file:
            extents = zip(file["sequences/offset"], file["sequences/length"],
                          file["sequences/first_counted"])
            rows = np.concatenate([np.arange(o + f, o + n) for o, n, f in extents])
            ids = [x.decode() if isinstance(x, bytes) else x for x in file["documents"][...]]
            q, k = ({int(name): file[f"layers/{name}/post_rope/{which}"][...].astype(float)[rows]
                     for name in file["layers"]} for which in "qk")
            return cls(q, k, file["sequences/document"][...][rows], ids)

    @classmethod
    def by_transformers(cls, model, documents, length, stride=None, tokens=None):
        """Documents laid end to end and cut into windows; what an earlier window had is context."""
        stride = stride or length
        encoded = [model.encode(text) for _, text in documents]
        stream = [i for ids in encoded for i in ids][:tokens]
        document = np.repeat(np.arange(len(encoded)), [len(ids) for ids in encoded])[:tokens]
        q, k, counted = [], [], 0
        for begin in range(0, len(stream), stride):
            end = min(begin + length, len(stream))
            if end <= counted or end - begin < 2:
                break
            layers = model.queries_and_keys(stream[begin:end])
            q.append([x[counted - begin:] for x, _ in layers])
            k.append([x[counted - begin:] for _, x in layers])
            counted = end
        q, k = ({layer: np.concatenate(parts) for layer, parts in enumerate(zip(*windows))}
                for windows in (q, k))
        return cls(q, k, document[:counted], [i for i, _ in documents])

    def select(self, tokens):
        """These tokens alone: a slice or a mask."""
        return Text({layer: x[tokens] for layer, x in self.q.items()},
                    {layer: x[tokens] for layer, x in self.k.items()}, self.document[tokens], self.ids)

    def queries(self, layer, g):
        """Of KV head g's group, [G·tokens, d]."""
        q = self.q[layer][:, g * self.group:(g + 1) * self.group]
        return q.reshape(-1, q.shape[2])

    def stacked(self, layer, g):
        return np.concatenate([self.queries(layer, g), self.k[layer][:, g]])

    def bases(self):
        """[layer][KV head] right singular vectors of queries and keys together."""
        return {layer: [np.linalg.svd(self.stacked(layer, g), full_matrices=False)[2].T
                        for g in range(self.k[layer].shape[1])] for layer in self.layers}

    def energies(self, bases, layer, h, dynamic):
        """[tokens, d]: of the rotated query's dimensions, in the order in which they are kept."""
        energies = (self.q[layer][:, h] @ bases[layer][h // self.group]) ** 2
        return np.sort(energies, axis=1)[:, ::-1] if dynamic else energies

    def losses(self, bases, k, dynamic):
        """[layer and head][document] sums of query losses, and [document] tokens."""
        sums = []
        for layer in self.layers:
            for h in range(self.q[layer].shape[1]):
                energies = self.energies(bases, layer, h, dynamic)
                loss = 1 - np.sqrt(energies[:, :k].sum(1) / energies.sum(1))
                sums.append([loss[self.document == d].sum() for d in self.documents])
        return np.array(sums), np.array([(self.document == d).sum() for d in self.documents])


def mean_loss(sums, tokens, weights=None):
    """Mean over heads of the mean over tokens, documents drawn as often as `weights` says."""
    weights = np.ones(len(tokens)) if weights is None else weights
    return (sums @ weights / (tokens @ weights)).mean()


class Subspaces:
    """Overlaps and principal angles of two bases' first k columns, over layers and KV heads."""

    def __init__(self, first, second, k):
        self.heads = [(layer, g) for layer in first for g in range(len(first[layer]))]
        self.products = [first[layer][g][:, :k].T @ second[layer][g][:, :k] for layer, g in self.heads]
        self.overlaps = [np.linalg.norm(product) ** 2 / k for product in self.products]
        self.worst = int(np.argmin(self.overlaps))

    def angles(self, head):
        """Cosines near 1 say little about angles below 1e-8: none occur between bases of real texts."""
        return np.arccos(np.minimum(np.linalg.svd(self.products[head], compute_uv=False), 1))

    def overlap(self):
        return np.mean(self.overlaps)

    def mean_angle(self):
        return np.mean([self.angles(head).mean() for head in range(len(self.heads))])

    def largest_angle(self):
        """Of the head of least overlap."""
        return self.angles(self.worst).max()
