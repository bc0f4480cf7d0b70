"""aqua's random draws made once more: mt19937_64 as in the C++ standard, a stream per (seed, purpose,
index), as aqua/core/random.hpp says. With them a bootstrap resamples the same documents."""

import numpy as np

MASK = (1 << 64) - 1
BOOTSTRAP = 2  # its place among the purposes


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


def bootstrap_weights(seed, replicates, documents):
    """[replicate][document]: how often replicate b draws each document."""
    weights = np.zeros((replicates, documents))
    for b in range(replicates):
        bits = mt19937_64(mix(mix(mix(seed) ^ BOOTSTRAP) ^ b))
        drawn = 0
        while drawn < documents:
            value = next(bits)
            if value < (1 << 64) % documents:
                continue
            weights[b, value % documents] += 1
            drawn += 1
    return weights
