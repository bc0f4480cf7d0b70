"""What --compute bfloat16 and reference change in the results, against float32.

    python3 tests/bench/compare_compute_types.py [-m MODEL]... [-c NAME=PATH]... [AQUA]

Calibrates on the first corpus and measures retention and perplexity on all, once in each type, and
prints a Markdown table: the largest difference from float32 of each loss over corpora, k_ratios, static
and dynamic selection (of the model as a whole, and of the head that moves most); the perplexities.
Defaults: the bundled model, the bundled English and Hindi text. Standard library only.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEASURES = ("query_loss", "key_loss", "logit_error", "total_variation", "top1_agreement",
            "output_error")
TYPES = ("float32", "reference", "bfloat16")


def run(aqua, *arguments):
    return json.loads(subprocess.run([aqua, *arguments, "--json", "--quiet"], check=True,
                                     capture_output=True, text=True).stdout)


def results_of(aqua, model, corpora, compute, max_tokens, folder):
    common = ["-m", model, "--compute", compute, "--max-tokens", max_tokens]
    texts = [option for corpus in corpora for option in ("-c", corpus)]
    calibration = str(folder / f"{compute}.aqua.h5")
    run(aqua, "calibrate", *common, "-c", corpora[0], "-o", calibration)
    return {"retention": run(aqua, "analyze", "retention", calibration, *common, *texts,
                             "--bases", "aqua", "--bootstrap", "0"),
            "perplexity": run(aqua, "analyze", "perplexity", *common, *texts)}


def largest_difference(expected, found, measure):
    """(of a model's value, of a head's)."""
    whole = head = 0.0
    for corpus, other in zip(expected["corpora"], found["corpora"], strict=True):
        for result, changed in zip(corpus["results"], other["results"], strict=True):
            a, b = result["measures"][measure], changed["measures"][measure]
            whole = max(whole, abs(a["model"]["value"] - b["model"]["value"]))
            for layer, other_layer in zip(a["heads"], b["heads"], strict=True):
                head = max(head, *(abs(x - y) for x, y in zip(layer, other_layer, strict=True)))
    return whole, head


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", action="append", default=[])
    parser.add_argument("-c", "--corpus", action="append", default=[])
    parser.add_argument("--max-tokens", default="0", help="tokens of each corpus, 0 for all")
    parser.add_argument("aqua", nargs="?", default=str(ROOT / "build/release/tools/aqua"))
    options = parser.parse_args()
    corpora = options.corpus or ["en", "hi"]
    names = [corpus.split("=")[0] for corpus in corpora]
    for model in options.model or ["aqua-tiny-bilingual"]:
        with tempfile.TemporaryDirectory() as folder:
            results = {compute: results_of(options.aqua, model, corpora, compute,
                                            options.max_tokens, Path(folder))
                       for compute in TYPES}
        print(f"**{Path(model).name}**: largest difference from float32\n")
        print("| result | " + " | ".join(TYPES[1:]) + " |\n|---|" + "---|" * (len(TYPES) - 1))
        for measure in MEASURES:
            cells = []
            for compute in TYPES[1:]:
                whole, head = largest_difference(results["float32"]["retention"],
                                                 results[compute]["retention"], measure)
                cells.append(f"{whole:.1e} (a head: {head:.1e})")
            print(f"| {measure.replace('_', ' ').replace('top1', 'top-1')} | " + " | ".join(cells) + " |")
        for i, name in enumerate(names):
            value = {compute: results[compute]["perplexity"]["corpora"][i]["perplexity"]
                     for compute in TYPES}
            print(f"| perplexity, {name} ({value['float32']:.4f} in float32), relative | " + " | ".join(
                f"{value[compute] / value['float32'] - 1:+.1e}" for compute in TYPES[1:]) + " |")
        print(flush=True)


main()
