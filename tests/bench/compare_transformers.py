"""Speed and memory of a forward pass of transformers on torch CPU against forward_bench, in one run
and on the same random checkpoint.

    python compare_transformers.py FORWARD_BENCH [SHAPE [LENGTH]]

Needs torch, transformers and safetensors. The pass of transformers gives hidden states only (no
logits, no q and k); that of forward_bench also fits the statistics of all layers. Both use all cores.
Each is measured in a process of its own, so that its peak memory is its own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time


def run_transformers(folder, dtype, length):
    import torch
    from transformers import AutoModel

    threads = os.cpu_count()
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = AutoModel.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    ids = torch.randint(0, model.config.vocab_size, (max(1, 1024 // length), length))

    def one_pass():
        start = time.perf_counter()
        with torch.inference_mode():
            states = model(ids, use_cache=False).last_hidden_state
        assert states.shape == (*ids.shape, model.config.hidden_size)
        assert torch.isfinite(states).all()
        return time.perf_counter() - start

    one_pass()
    seconds = sorted(one_pass() for _ in range(3))[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3
    print(json.dumps({"tokens_per_second": ids.numel() / seconds, "peak_mb": peak}))


def main():
    bench = sys.argv[1]
    shape = sys.argv[2] if len(sys.argv) > 2 else "135M"
    lengths = sys.argv[3:4] or ["512", "2048"]
    print("shape type     tokens      aqua transformers ratio   aqua MB transformers MB")
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ("float32", "bfloat16"):
            for length in lengths:
                ours = subprocess.run(
                    [bench, shape, dtype, length, str(os.cpu_count()), folder],
                    check=True, capture_output=True, text=True).stdout.splitlines()
                row = next((line.split() for line in ours if line.startswith(shape)), None)
                if row is None:  # no bfloat16 products on this CPU
                    continue
                theirs = json.loads(subprocess.run(
                    [sys.executable, __file__, "--transformers", folder, dtype, length],
                    check=True, capture_output=True, text=True).stdout.splitlines()[-1])
                speed, peak = float(row[3]), float(row[9])
                print(f"{shape:<5} {dtype:<9} {length:>5} {speed:>9.0f} "
                      f"{theirs['tokens_per_second']:>12.0f} "
                      f"{speed / theirs['tokens_per_second']:>5.2f} {peak:>9.0f} "
                      f"{theirs['peak_mb']:>15.0f}", flush=True)


if len(sys.argv) > 1 and sys.argv[1] == "--transformers":
    run_transformers(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    main()
