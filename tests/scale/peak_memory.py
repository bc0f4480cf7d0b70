"""Peak memory of aqua on checkpoints larger than it may take, against its own formula.

    python3 tests/scale/peak_memory.py [--layers N] [AQUA]

AQUA is the program (default: build/release/tools/aqua). The checkpoints, 2.5 GB on disk, go to the
temporary folder (TMPDIR). Python's standard library is enough. Prints one line per run and ends with
status 1 when a limit does not hold, with 8,192 tokens:

  - 1B shape, all 16 layers (or the first N), in float32: at most 1.0 GB and at most the formula;
  - the same in bfloat16 (on a CPU that has it) with hidden states in a file;
  - 8B shape, its first two layers (the rest of the file is a hole): at most the formula;
  - 1B shape, aqua analyze perplexity of 2,048 tokens: at most the formula and the blocks of logits, that is,
    without an output head of 525 MB in memory.

The formula is what --dry-run prints. Measured is the largest resident set of the process, pages of the
mapped checkpoint included.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import random_llama  # noqa: E402

TOKENIZER = ROOT / "data/models/aqua-tiny-bilingual"
ONE_B = {"layers": 16, "hidden": 2048, "inner": 8192, "q_heads": 32, "kv_heads": 8, "head_dim": 64,
         "vocabulary": 128256}
EIGHT_B = {"layers": 32, "hidden": 4096, "inner": 14336, "q_heads": 32, "kv_heads": 8,
           "head_dim": 128, "vocabulary": 128256}
THREADS = 2
RUN = ["--sequence-length", "2048", "--threads", str(THREADS), "--quiet"]
GB = 1e9


def peak_bytes(command):
    """Runs the command; the largest resident set of its process."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"status {os.waitstatus_to_exitcode(status)}: {' '.join(map(str, command))}")
    return usage.ru_maxrss * 1024


def measure(aqua, name, checkpoint, output, options, limit):
    """One line; whether the run stays within the formula and the limit."""
    command = [aqua, "calibrate", "-m", checkpoint, "-o", output, *RUN, "--max-tokens", "8192", *options]
    return compare(name, checkpoint, peak_bytes(command), planned_bytes(command), limit)


def measure_perplexity(aqua, name, checkpoint, shape):
    """The same for perplexity, whose logits are worked out for 256 rows at a time in tiles of 1,024 tokens
    of the vocabulary, in float32."""
    options = ["-m", checkpoint, "-c", "en", *RUN, "--max-tokens", "2048", "--compute", "auto"]
    logits = 4 * THREADS * (256 * (shape["vocabulary"] + shape["hidden"]) + 1024 * shape["hidden"])
    formula = planned_bytes([aqua, "calibrate", *options]) + logits
    return compare(name, checkpoint, peak_bytes([aqua, "analyze", "perplexity", *options]), formula, formula)


def planned_bytes(command):
    """What the command says that it would take."""
    plan = subprocess.run([*command, "--dry-run", "--json"], check=True, capture_output=True, text=True)
    return json.loads(plan.stdout)["memory"]["total"]


def compare(name, checkpoint, peak, formula, limit):
    """Prints one line."""
    holds = peak <= formula and peak <= limit
    print(f"{name:<32} {(checkpoint / 'model.safetensors').stat().st_size / GB:>7.2f} GB "
          f"{peak / GB:>7.3f} GB {formula / GB:>7.3f} GB  "
          f"{'holds' if holds else 'DOES NOT HOLD'}", flush=True)
    return holds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=ONE_B["layers"])
    parser.add_argument("aqua", nargs="?", default=ROOT / "build/release/tools/aqua", type=Path)
    options = parser.parse_args()
    aqua = options.aqua.resolve()
    layers = ["--layers", f"0-{options.layers - 1}"]
    print(f"{'8,192 tokens':<32} {'checkpoint':>10} {'measured':>10} {'formula':>10}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        one = random_llama.write(folder / "1B", TOKENIZER, ONE_B)
        results = [
            measure(aqua, f"1B, {options.layers} layers", one, folder / "1b.h5", layers, GB),
            measure(aqua, "1B, bfloat16, hidden in a file", one, folder / "1b-file.h5",
                    [*layers, "--compute", "auto", "--memory-limit", "1MB"], GB),
            measure_perplexity(aqua, "1B, perplexity, 2,048 tokens", one, ONE_B),
        ]
        shutil.rmtree(one)
        eight = random_llama.write(folder / "8B", TOKENIZER, EIGHT_B, filled_layers=2)
        results.append(measure(aqua, "8B, layers 0 and 1", eight, folder / "8b.h5",
                               ["--layers", "0,1"], 16 * GB))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
