"""Makes the golden files of the projection tests: data, its singular values and leading subspaces.

    python make_projection_goldens.py

Needs numpy. The data is drawn from a seeded generator and rounded to float32; the reference is
numpy's SVD of those rounded values in float64. The cases:

    gaps        singular values in groups, well apart: subspaces are sharp
    offset      a mean much larger than the spread, as keys of models with biases have
    condition   integers with a condition number between 1e8 and 1e9, exact in float32
    graded      columns from 1 to 1e-9
    deficient   integers of rank 7 in 24 columns
    short       fewer rows than columns

File format, little-endian: int64 rows, cols, subspaces; float32 data [rows, cols]; float64 singular
values [cols] (zeros after min(rows, cols)); then for each subspace int64 r, float64 gap
(s[r-1] - s[r]) and float64 projector V_r V_r^T [cols, cols] onto the leading r right singular vectors.
"""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent


def orthonormal(rng, rows, cols):
    q, r = np.linalg.qr(rng.standard_normal((rows, cols)))
    return q * np.sign(np.diag(r))


def gaps(rng):
    spectrum = np.repeat([40.0, 12.0, 3.0, 0.5], [4, 12, 16, 32]) * rng.uniform(0.9, 1.1, 64)
    return orthonormal(rng, 160, 64) * spectrum @ orthonormal(rng, 64, 64).T


def offset(rng):
    return rng.standard_normal((120, 32)) + 200.0 * rng.standard_normal(32)


def condition(rng):
    while True:
        left = rng.integers(-3, 4, (100, 20))
        right = np.tril(rng.integers(-2, 3, (20, 20)), -1) + np.eye(20, dtype=int)
        right = right @ (np.triu(rng.integers(-2, 3, (20, 20)), 1) + np.eye(20, dtype=int))
        data = left @ right
        spectrum = np.linalg.svd(data.astype(np.float64), compute_uv=False)
        if np.abs(data).max() < 2**24 and 1e8 < spectrum[0] / spectrum[-1] < 1e9:
            return data


def graded(rng):
    return rng.standard_normal((90, 16)) * 10.0 ** (-9.0 * np.arange(16) / 15.0)


def deficient(rng):
    return rng.integers(-40, 41, (80, 7)) @ rng.integers(-9, 10, (7, 24))


def short(rng):
    return rng.standard_normal((5, 16))


def write(name, data, ranks):
    data = np.ascontiguousarray(data, dtype="<f4")
    exact = data.astype(np.float64)
    _, spectrum, vt = np.linalg.svd(exact, full_matrices=True)
    spectrum = np.concatenate([spectrum, np.zeros(data.shape[1] - spectrum.size)])
    with open(FOLDER / f"{name}.bin", "wb") as file:
        file.write(np.array([*data.shape, len(ranks)], dtype="<i8").tobytes())
        file.write(data.tobytes())
        file.write(spectrum.astype("<f8").tobytes())
        for r in ranks:
            file.write(np.array([r], dtype="<i8").tobytes())
            file.write(np.array([spectrum[r - 1] - spectrum[r]], dtype="<f8").tobytes())
            file.write((vt[:r].T @ vt[:r]).astype("<f8").tobytes())


def main():
    rng = np.random.default_rng(20260730)
    write("gaps", gaps(rng), [4, 16, 32])
    write("offset", offset(rng), [1])
    write("condition", condition(rng), [1])
    write("graded", graded(rng), [1])
    write("deficient", deficient(rng), [7])
    write("short", short(rng), [5])


if __name__ == "__main__":
    main()
