"""`aqua analyze breakeven`: the formula and the counts from their definitions, for several head layouts,
and the measured crossing from the measured times by the rule that docs/mathematics.md states.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/breakeven_reference.py
"""

import json
import math

import numpy as np
import pytest

from text_vectors import BUNDLED, aqua

LENGTHS, RATIOS, SHARES = (16, 64, 160, 512), (0.25, 0.6, 1.0), (0.0, 0.3)
REPEATS = 3
# Comparisons to select the largest, per entry.
ROUNDS = 10


def analyze(*layout):
    return json.loads(aqua(
        "analyze", "breakeven", *layout, "--lengths", ",".join(map(str, LENGTHS)), "--k-ratios",
        ",".join(map(str, RATIOS)), "--s-ratios", SHARES[1], "--repeats", REPEATS, "--json"))


def half_up(x):
    return math.floor(x + 0.5)


def check_formula(result, heads, kv_heads, d):
    group = heads // kv_heads
    expected = [(k_ratio, share) for share in SHARES for k_ratio in RATIOS]
    assert [(s["k_ratio"], s["s_ratio"]) for s in result["settings"]] == expected
    for setting in result["settings"]:
        stored = d - math.floor(setting["s_ratio"] * d)
        k = max(1, half_up(setting["k_ratio"] * stored))
        assert (setting["stored"], setting["k"]) == (stored, k)
        overhead = d * stored + d * stored / group + ROUNDS * stored
        assert setting["overhead_multiply_adds"] == pytest.approx(overhead, rel=1e-12)
        if k == d:
            assert setting["formula_length"] is None
        else:
            # Where L·d = overhead + L·k.
            assert setting["formula_length"] == pytest.approx(overhead / (d - k), rel=1e-12)


def check_costs(result, heads, kv_heads, d):
    hidden = result["model"]["hidden_size"]

    def exact(h, g):
        return {"query_heads": h, "kv_heads": g, "linear_multiply_adds": 2 * hidden * d * (h + g),
                "attention_multiply_adds": [2 * h * n * d for n in LENGTHS],
                "cache_bytes_float16": [2 * 2 * g * n * d for n in LENGTHS]}

    expected = {"exact": exact(heads, kv_heads)}
    for setting in result["settings"]:
        stored, k, share = setting["stored"], setting["k"], setting["s_ratio"]
        name = (f"aqua-memory:s={share:g},k={setting['k_ratio']:g}" if share
                else f"aqua:k={setting['k_ratio']:g}")
        fixed = (heads + kv_heads) * d * stored + heads * ROUNDS * stored
        expected[name] = exact(heads, kv_heads) | {
            "attention_multiply_adds": [fixed + heads * n * (k + d) for n in LENGTHS],
            "cache_bytes_float16": [2 * kv_heads * n * (stored + d) for n in LENGTHS]}
    if heads % 4 == 0:
        # Head layouts of the same hidden size (arXiv 2510.01817).
        half, quarter = heads // 2, heads // 4
        for name, layout in {"MHA": (heads, heads), "GQA": (heads, quarter), "MQA": (heads, 1),
                             "SQA": (half, quarter), "sSQA": (half, half),
                             "xSQA": (quarter, quarter)}.items():
            expected[name] = exact(*layout)
    found = {cost.pop("attention"): cost for cost in result["costs"]}
    assert found == expected


def crossing(difference):
    """(length from which on the difference stays below 0, whether that is all of them); linear between
    the last length where it does not and the next."""
    slower = [i for i, x in enumerate(difference) if not x < 0]
    if not slower:
        return LENGTHS[0], True
    last = slower[-1]
    if last + 1 == len(LENGTHS):
        return None, False
    share = difference[last] / (difference[last] - difference[last + 1])
    return LENGTHS[last] + share * (LENGTHS[last + 1] - LENGTHS[last]), False


def check_measurement(result, kv_heads, d):
    differences = []
    for at in result["lengths"]:
        n = at["length"]
        assert at["kv_bytes"] == 2 * kv_heads * n * d * 4
        assert at["working_set_bytes"] == at["kv_bytes"] * at["layers_in_turn"]
        assert 1 <= at["layers_in_turn"] <= result["model"]["layers"]
        standard = at["standard"]
        layouts = {name: standard[name] for name in ("by_token", "by_dimension")}
        compared = layouts[standard["compared"]]
        assert compared["median_seconds"] == min(x["median_seconds"] for x in layouts.values())
        for time in (*layouts.values(), *at["aqua"]):
            assert 0 < time["low_seconds"] <= time["median_seconds"] <= time["high_seconds"]
            share = time["bytes"] / time["median_seconds"] / at["stream_bytes_per_second"]
            assert time["bandwidth_share"] == pytest.approx(share, rel=1e-12)
        for time in layouts.values():
            assert time["bytes"] == at["kv_bytes"]
        for setting, time in zip(result["settings"], at["aqua"], strict=True):
            # All values, and of the keys what one query uses to what all that are stored hold.
            least, most = (kv_heads * n * (x + d) * 4 for x in (setting["k"], setting["stored"]))
            assert least <= time["bytes"] <= most
        differences.append([time["median_seconds"] - compared["median_seconds"] for time in at["aqua"]])
    crossings = 0
    for setting, difference in zip(result["settings"], np.transpose(differences), strict=True):
        length, from_start = crossing(difference)
        assert setting["faster_from_the_start"] == from_start
        assert setting["measured_length"] == (None if length is None
                                              else pytest.approx(length, rel=1e-9))
        crossings += length is not None
        assert 0 <= setting["repeats_crossing"] <= REPEATS
        assert (setting["measured_low"] is None) == (setting["repeats_crossing"] < 2)
        if setting["measured_low"] is not None:
            low, high = setting["measured_low"], setting["measured_high"]
            assert LENGTHS[0] <= low <= high <= LENGTHS[-1]
    return crossings


@pytest.mark.parametrize("heads, kv_heads, d", [(8, 8, 32), (8, 2, 64), (16, 1, 16), (6, 3, 40)])
def test_layouts(heads, kv_heads, d):
    result = analyze("--heads", heads, "--kv-heads", kv_heads, "--head-dim", d)
    assert result["model"]["hidden_size"] == heads * d
    check_formula(result, heads, kv_heads, d)
    check_costs(result, heads, kv_heads, d)
    crossings = check_measurement(result, kv_heads, d)
    print(f"{crossings} of {len(result['settings'])} settings cross")


def test_bundled_model():
    result = analyze("-m", BUNDLED)
    assert (result["model"]["hidden_size"], result["model"]["layers"]) == (256, 6)
    check_formula(result, 8, 4, 64)
    check_costs(result, 8, 4, 64)
    check_measurement(result, 4, 64)
