#!/usr/bin/env python3
"""Reads the files that aqua writes with other people's readers, and checks that they agree.

    read_files.py --calibration CAL.aqua.h5 [--activations ACTS.h5]
                  [--safetensors OUT.safetensors] [--hdf5 OUT.h5]

Needs numpy, h5py and safetensors. The exports must come from the calibration (any method); the
activations are compared with the calibration when they hold the same model and corpora. Prints one line
a file; ends with status 1 and a sentence when something does not hold.
"""
import argparse
import json
import sys

import h5py
import numpy as np
from safetensors import safe_open

MODEL = ("name", "architecture", "sha256", "layers", "query_heads", "kv_heads", "head_dim",
         "hidden_size", "vocabulary", "rope_layout")
TEXTS = ("tool_version", "command", "options", "date", "kernels")
CORPUS_TEXTS = ("name", "path", "sha256")


def check(condition, message):
    if not condition:
        sys.exit(f"read_files: {message}")


def model_facts(file):
    facts = {key: file.attrs["model_" + key] for key in MODEL}
    for key in ("name", "architecture", "sha256", "rope_layout"):
        check(isinstance(facts[key], str), f"{file.filename}: model_{key} is not UTF-8 text")
    check(facts["rope_layout"] in ("half", "interleaved", "none"), "unknown rope_layout")
    check(facts["query_heads"] % facts["kv_heads"] == 0, "heads do not form groups")
    return facts


def check_provenance(file):
    for key in TEXTS:
        check(isinstance(file.attrs[key], str), f"{file.filename}: {key} is not UTF-8 text")
    check(isinstance(json.loads(file.attrs["options"]), dict), "options are not a JSON object")
    lengths = {len(file.attrs["corpus_" + key])
               for key in CORPUS_TEXTS + ("documents", "tokens")}
    check(len(lengths) == 1, f"{file.filename}: the corpus_ lists differ in length")
    check(all(isinstance(text, str) for key in CORPUS_TEXTS for text in file.attrs["corpus_" + key]),
          f"{file.filename}: corpus lists are not UTF-8 text")


def expect(file, path, shape, dtype):
    check(path in file, f"{file.filename}: {path} is missing")
    data = file[path]
    check(data.shape == tuple(shape), f"{file.filename}: {path} has shape {data.shape}")
    check(data.dtype == np.dtype(dtype), f"{file.filename}: {path} has type {data.dtype}")
    values = data[...]
    if values.dtype.kind == "f":
        check(np.isfinite(values).all(), f"{file.filename}: {path} is not finite")
    return values


def check_statistics(file, site, facts):
    """One layer's site: the basis and Σ follow from the R factors. Returns them."""
    groups, d = facts["kv_heads"], facts["head_dim"]
    basis = expect(file, site + "/basis", (groups, d, d), "<f8")
    sigma = expect(file, site + "/singular_values", (groups, d), "<f8")
    r_query = expect(file, site + "/r_query", (groups, d, d), "<f8")
    r_key = expect(file, site + "/r_key", (groups, d, d), "<f8")
    count_query = expect(file, site + "/count_query", (groups,), "<i8")
    count_key = expect(file, site + "/count_key", (groups,), "<i8")
    check((count_query == count_key * (facts["query_heads"] // groups)).all(),
          f"{site}: counts are not G queries a key")
    for g in range(groups):
        x = np.vstack([r_query[g], r_key[g]])
        scale = np.linalg.norm(x)
        check((np.tril(r_query[g], -1) == 0).all() and (np.tril(r_key[g], -1) == 0).all(),
              f"{site}: head {g}: factors are not triangular")
        check(np.linalg.norm(basis[g].T @ basis[g] - np.eye(d)) <= 1e-9,
              f"{site}: head {g}: the basis is not orthogonal")
        # Backward-stable SVDs differ in Σ by a small multiple of d·eps·‖X‖.
        tolerance = 100 * d * np.finfo(float).eps * scale
        check(np.abs(np.linalg.svd(x, compute_uv=False) - sigma[g]).max() <= tolerance,
              f"{site}: head {g}: singular values differ from those of [R_q; R_k]")
        # P diagonalises XᵀX = PΣ²Pᵀ.
        check(np.linalg.norm(x.T @ x - (basis[g] * sigma[g] ** 2) @ basis[g].T) <= tolerance * scale,
              f"{site}: head {g}: the basis does not hold the singular vectors of [R_q; R_k]")
    return basis, sigma, r_query, r_key, count_key


def read_calibration(path):
    with h5py.File(path, "r") as file:
        check(file.attrs["format"] == "aqua-calibration", f"{path}: not a calibration")
        facts = model_facts(file)
        check_provenance(file)
        facts["corpora"] = list(file.attrs["corpus_sha256"])
        facts["tokens"] = list(file.attrs["corpus_tokens"])
        sites = {}
        for name in file["layers"]:
            for site in file["layers"][name]:
                key = (int(name), site)
                sites[key] = check_statistics(file, f"layers/{name}/{site}", facts)
    check(sites, f"{path}: no layers")
    print(f"{path}: {len(sites)} layers and sites, {facts['kv_heads']} heads of {facts['head_dim']}")
    return facts, sites


def read_activations(path, calibration):
    with h5py.File(path, "r") as file:
        check(file.attrs["format"] == "aqua-activations", f"{path}: not an activations file")
        facts = model_facts(file)
        check_provenance(file)
        documents = file["documents"].asstr()[...]
        offset, length, first = (file["sequences/" + key][...]
                                 for key in ("offset", "length", "first_counted"))
        document = file["sequences/document"][...]
        tokens = int(length.sum())
        check((offset == np.concatenate([[0], np.cumsum(length)[:-1]])).all(),
              f"{path}: offsets are not sums of lengths")
        check(document.shape == (tokens,) and document.min() >= 0
              and document.max() < len(documents), f"{path}: documents of tokens are wrong")
        counted = np.zeros(tokens, bool)
        for begin, size, skipped in zip(offset, length, first):
            counted[begin + skipped:begin + size] = True
        compared = 0
        for name in file["layers"]:
            for site in file["layers"][name]:
                group = f"layers/{name}/{site}"
                d = facts["head_dim"]
                q = expect(file, group + "/q", (tokens, facts["query_heads"], d), "<f4")
                k = expect(file, group + "/k", (tokens, facts["kv_heads"], d), "<f4")
                if group + "/v" in file:
                    expect(file, group + "/v", (tokens, facts["kv_heads"], d), "<f4")
                check(file[group].attrs["scale"] > 0, f"{path}: {group}: scale is not positive")
                compared += compare_statistics(path, group, q[counted], k[counted], facts, file,
                                               calibration, (int(name), site))
        print(f"{path}: {tokens} tokens in {len(length)} sequences, {len(file['layers'])} layers; "
              f"{compared} heads' statistics agree with the calibration's")


def compare_statistics(path, group, q, k, facts, file, calibration, key):
    """RᵀR of the calibration is XᵀX of the captured vectors, when both saw the same text. Returns the
    number of heads compared."""
    expected, sites = calibration
    same = (expected["sha256"] == facts["sha256"] and key in sites
            and expected["corpora"] == [file["sequences"].attrs["corpus_sha256"]]
            and expected["tokens"] == [len(k)])
    if not same:
        return 0
    _, _, r_query, r_key, _ = sites[key]
    per_group = facts["query_heads"] // facts["kv_heads"]
    for g in range(facts["kv_heads"]):
        rows = {"queries": (q[:, g * per_group:(g + 1) * per_group].reshape(-1, facts["head_dim"]),
                            r_query[g]),
                "keys": (k[:, g], r_key[g])}
        for what, (x, r) in rows.items():
            x = x.astype(float)
            gram = x.T @ x
            # Both are sums of the same float64 products: rounding grows with the number of rows.
            tolerance = 10 * len(x) * np.finfo(float).eps * np.linalg.norm(gram)
            check(np.linalg.norm(r.T @ r - gram) <= tolerance,
                  f"{path}: {group}: head {g}: captured {what} differ from the calibration's")
    return facts["kv_heads"]


def check_export(path, facts, layers, calibration):
    """`layers` maps a layer's index to its arrays, named as in HDF5."""
    expected, sites = calibration
    check(facts["format"] == "aqua-projection", f"{path}: not a projection file")
    for ours, theirs in (("head_dim", "head_dim"), ("num_attention_heads", "query_heads"),
                         ("num_key_value_heads", "kv_heads"), ("num_hidden_layers", "layers"),
                         ("base_model", "name"), ("base_model_sha256", "sha256"),
                         ("rope_layout", "rope_layout")):
        check(str(facts[ours]) == str(expected[theirs]), f"{path}: {ours} is not the calibration's")
    check([corpus["sha256"] for corpus in json.loads(facts["corpora"])] == expected["corpora"],
          f"{path}: corpora are not the calibration's")
    d = int(facts["head_dim"])
    for layer, arrays in layers.items():
        basis, sigma, *_ = sites[layer, facts["site"]]
        for name, array in arrays.items():
            check(array.dtype == np.float32, f"{path}: layer {layer}: {name} is not float32")
        if facts["method"] == "aqua":
            check((arrays["projection"] == basis.astype(np.float32)).all(),
                  f"{path}: layer {layer}: the projection is not the calibration's basis")
            check((arrays["singular_values"] == sigma.astype(np.float32)).all(),
                  f"{path}: layer {layer}: singular values are not the calibration's")
        if "projection" in arrays:
            check(facts["convention"] == "q @ P", f"{path}: unknown convention")
            p = arrays["projection"].astype(float)
            # Entries of a float32 orthogonal matrix are off by 2^-24 each.
            error = np.linalg.norm(p.transpose(0, 2, 1) @ p - np.eye(d), axis=(1, 2)).max()
            check(error <= 4 * d * 2.0 ** -24, f"{path}: layer {layer}: not orthogonal: {error}")
        else:
            check(facts["convention"] == "q @ P_query, k @ P_key", f"{path}: unknown convention")
            check(arrays["query_projection"].shape == arrays["key_projection"].shape
                  == basis.shape, f"{path}: layer {layer}: maps have a wrong shape")
    print(f"{path}: {len(layers)} layers, method {facts['method']}")


def read_safetensors(path):
    names = {"aqua_proj": "projection", "aqua_query_proj": "query_projection",
             "aqua_key_proj": "key_projection", "aqua_singular_values": "singular_values"}
    layers = {}
    with safe_open(path, "np") as file:
        for key in file.keys():
            model, plural, layer, block, name = key.split(".")
            check((model, plural, block) == ("model", "layers", "self_attn"), f"{path}: {key}")
            layers.setdefault(int(layer), {})[names[name]] = file.get_tensor(key)
        return file.metadata(), layers


def read_hdf5_export(path):
    with h5py.File(path, "r") as file:
        layers = {int(layer): {name: data[...] for name, data in group.items()}
                  for layer, group in file["layers"].items()}
        return dict(file.attrs), layers


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calibration", required=True)
    for option in ("--activations", "--safetensors", "--hdf5"):
        parser.add_argument(option)
    arguments = parser.parse_args()

    calibration = read_calibration(arguments.calibration)
    if arguments.activations:
        read_activations(arguments.activations, calibration)
    exports = []
    if arguments.safetensors:
        exports.append((arguments.safetensors, *read_safetensors(arguments.safetensors)))
    if arguments.hdf5:
        exports.append((arguments.hdf5, *read_hdf5_export(arguments.hdf5)))
    for path, facts, layers in exports:
        check_export(path, facts, layers, calibration)
    if len(exports) == 2 and exports[0][1]["method"] == exports[1][1]["method"]:
        (_, facts, first), (_, other_facts, second) = exports
        check({k: str(v) for k, v in facts.items()} == {k: str(v) for k, v in other_facts.items()},
              "the two exports differ in their facts")
        check(first.keys() == second.keys() and all(
            first[layer].keys() == second[layer].keys()
            and all((first[layer][name] == second[layer][name]).all() for name in first[layer])
            for layer in first), "the two exports differ in their arrays")
        print("the exports agree")


if __name__ == "__main__":
    main()
