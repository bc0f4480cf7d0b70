"""Runs aqua's tokenizers, and compares ids."""
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AQUA_SHARED", ROOT.parent / "shared"))
CORPORA = SHARED / "corpora"
PROGRAM = os.environ.get("AQUA_ENCODE_LINES", ROOT / "build/release/tests/unit/text/tokenizer_encode_lines")
COUNT = int(os.environ.get("AQUA_FUZZ_STRINGS", 20000))
SEED = int(os.environ.get("AQUA_FUZZ_SEED", 20240917))


def encode(tokenizer, strings, *options):
    """Ids of each string, by aqua."""
    stdin = "".join(json.dumps(s) + "\n" for s in strings)
    result = subprocess.run([PROGRAM, tokenizer, *options], input=stdin, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def lines(*names):
    """Lines of corpora, without their ends."""
    return [line for name in names for line in (CORPORA / name).read_text(encoding="utf-8").split("\n")]


def check(name, strings, expected, found, ties=0):
    """`ties`: how many strings may have the same tokens in another order. Their probabilities under a unigram
    model are equal, and rounding, which differs between versions of a package, decides."""
    different = [(t, e, f) for t, e, f in zip(strings, expected, found, strict=True) if e != f]
    print(f"{name}: {len(strings) - len(different)} of {len(strings)} identical")
    tied = [d for d in different if sorted(d[1]) == sorted(d[2])]
    if len(tied) <= ties:
        different = [d for d in different if d not in tied]
    assert not different, f"{len(different)} of {len(strings)} differ, first: {different[0]!r}"
