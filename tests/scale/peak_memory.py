"""Peak memory of aqua calibrate on checkpoints larger than it may take, against its own formula.

    python3 tests/scale/peak_memory.py [--layers N] [AQUA]

AQUA is the program (default: build/release/tools/aqua). The checkpoints, 2.5 GB on disk, go to the
temporary folder (TMPDIR). Python's standard library is enough. Prints one line per run and ends with
status 1 when a limit does not hold, with 8,192 tokens:

  - 1B shape, all 16 layers (or the first N), in float32: at most 1.0 GB and at most the formula;
  - the same in bfloat16 (on a CPU that has it) with hidden states in a file;
  - 8B shape, its first two layers (the rest of the file is a hole): at most the formula.

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
TEXT = ["--max-tokens", "8192", "--sequence-length", "2048", "--threads", "2", "--quiet"]
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
    command = [aqua, "calibrate", "-m", checkpoint, "-o", output, *TEXT, *options]
    plan = json.loads(subprocess.run([*command, "--dry-run", "--json"], check=True,
                                     capture_output=True, text=True).stdout)["memory"]
    peak = peak_bytes(command)
    holds = peak <= plan["total"] and peak <= limit
    print(f"{name:<32} {(checkpoint / 'model.safetensors').stat().st_size / GB:>7.2f} GB "
          f"{peak / GB:>7.3f} GB {plan['total'] / GB:>7.3f} GB  "
          f"{'holds' if holds else 'DOES NOT HOLD'}", flush=True)
    return holds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=ONE_B["layers"])
    parser.add_argument("aqua", nargs="?", default=ROOT / "build/release/tools/aqua", type=Path)
    options = parser.parse_args()
    aqua = options.aqua.resolve()
    layers = ["--layers", f"0-{options.layers - 1}"]
    print(f"{'aqua calibrate, 8,192 tokens':<32} {'checkpoint':>10} {'measured':>10} {'formula':>10}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        one = random_llama.write(folder / "1B", TOKENIZER, ONE_B)
        results = [
            measure(aqua, f"1B, {options.layers} layers", one, folder / "1b.h5", layers, GB),
            measure(aqua, "1B, bfloat16, hidden in a file", one, folder / "1b-file.h5",
                    [*layers, "--compute", "auto", "--memory-limit", "1MB"], GB),
        ]
        shutil.rmtree(one)
        eight = random_llama.write(folder / "8B", TOKENIZER, EIGHT_B, filled_layers=2)
        results.append(measure(aqua, "8B, layers 0 and 1", eight, folder / "8b.h5",
                               ["--layers", "0,1"], 16 * GB))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
