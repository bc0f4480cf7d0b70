"""Makes the small random checkpoints of this folder and their golden.safetensors, and the golden of the
bundled model.

    python make_model_goldens.py

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, tokenizers 0.23.3, safetensors 0.8.0 and
numpy 2.4.6.

golden.safetensors, for sequence S and layer L:
    S.ids                     int32   [T]
    S.logits                  float32 [T, vocabulary]
    S.L.SITE.q, S.L.SITE.k    float32 [T, heads, d]; SITE is pre_rope or post_rope
and for the bundled model only some tokens of each sequence, whose positions stand in
    S.positions               int32   [n]        (logits: only the last of them)
How far the float32 of transformers is from the same model in float64, as the largest ‖a − b‖ / ‖b‖ over
all sequences (and for q and k all layers and sites):
    float32_error.logits, float32_error.qk    float32 []
"""

import json
import math
from pathlib import Path

import numpy as np
import tokenizers
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

import exact_llama
import llama_reference

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUNDLED = ROOT / "data/models/aqua-tiny-bilingual"

LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5}
# With d = 16 the wavelengths 6.3, 20, 63, … fall into all three ranges of llama3: kept below 8,
# interpolated up to 32, stretched above.
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def shape(heads, kv_heads, head_dim, hidden, inner, vocabulary, layers, **more):
    return {
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head_dim,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "num_hidden_layers": layers,
        "max_position_embeddings": 64,
        "tie_word_embeddings": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "bos_token_id": 0,
        "eos_token_id": 1,
        **more,
    }


# name: (type of the weights, version of transformers whose config.json to write, shape)
MODELS = {
    "mha": ("float32", 5, shape(4, 4, 8, 32, 48, 61, 2)),
    "gqa_tied": ("bfloat16", 5, shape(6, 2, 8, 48, 64, 61, 3, tie_word_embeddings=True)),
    "mqa": ("float16", 4, shape(5, 1, 6, 30, 40, 61, 2)),
    "narrow_tied": ("float32", 4, shape(4, 1, 4, 40, 56, 61, 2, tie_word_embeddings=True)),
    "wide": ("bfloat16", 5, shape(6, 3, 16, 36, 50, 61, 2)),
    "odd_biases": (
        "float32",
        5,
        shape(3, 1, 10, 36, 50, 61, 3, attention_bias=True, mlp_bias=True, rms_norm_eps=1e-5),
    ),
    "sharded_biases": (
        "float16",
        4,
        shape(4, 2, 6, 24, 37, 59, 3, attention_bias=True, mlp_bias=True),
    ),
    "linear_v4": ("float32", 4, shape(2, 1, 16, 32, 40, 47, 2, rope_parameters=LINEAR)),
    "linear_v5": ("bfloat16", 5, shape(2, 1, 16, 32, 40, 47, 2, rope_parameters=LINEAR)),
    "llama3_v4": ("float16", 4, shape(4, 2, 16, 32, 40, 47, 2, rope_parameters=LLAMA3)),
    "llama3_v5": ("float32", 5, shape(4, 2, 16, 32, 40, 47, 2, rope_parameters=LLAMA3)),
}
LENGTHS = (1, 2, 13)


def randomise(model):
    """Weights that keep activations of order one and make attention far from uniform: with unit
    inputs and q and k weights of standard deviation s, logits spread by s²·hidden, here about 3."""
    for name, parameter in model.named_parameters():
        fan_in = parameter.shape[-1]
        if "norm" in name:
            parameter.data.normal_(1.0, 0.2)
        elif name.endswith("bias"):
            parameter.data.normal_(0.0, 0.3)
        elif "embed" in name:
            parameter.data.normal_(0.0, 1.0)
        elif "q_proj" in name or "k_proj" in name:
            parameter.data.normal_(0.0, math.sqrt(3.0 / fan_in))
        else:
            parameter.data.normal_(0.0, 1.0 / math.sqrt(fan_in))


def as_written_by_transformers_4(config):
    """With the spellings of its earlier releases where it had two: "type" for linear scaling (before
    4.43), and no head_dim when that is hidden_size / heads (before 4.45)."""
    rope = dict(config.pop("rope_parameters"))
    config["rope_theta"] = rope.pop("rope_theta")
    if rope["rope_type"] == "linear":
        rope["type"] = rope.pop("rope_type")
    config["rope_scaling"] = None if rope.get("rope_type") == "default" else rope
    if config["head_dim"] * config["num_attention_heads"] == config["hidden_size"]:
        del config["head_dim"]
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.46.0"
    return dict(sorted(config.items()))


def write_checkpoint(folder, dtype, version, settings, sharded):
    for old in folder.glob("*"):
        old.unlink()
    model = LlamaForCausalLM(LlamaConfig(**settings))
    randomise(model)
    model.to(getattr(torch, dtype)).save_pretrained(
        folder, max_shard_size="12KB" if sharded else "1GB"
    )
    (folder / "generation_config.json").unlink()
    if version == 4:
        path = folder / "config.json"
        config = as_written_by_transformers_4(json.loads(path.read_text()))
        path.write_text(json.dumps(config, indent=2) + "\n")


def relative_error(a, exact):
    a = np.asarray(a, dtype=np.float64)
    return np.linalg.norm(a - exact) / np.linalg.norm(exact)


class Golden:
    """Runs a model and collects tensors and their float32 errors."""

    def __init__(self, folder):
        self.model = llama_reference.load(folder)
        self.weights = {
            name: tensor.double().numpy()
            for file in folder.glob("model*.safetensors")
            for name, tensor in load_file(file).items()
        }
        self.tensors = {}
        self.error = {"logits": 0.0, "qk": 0.0}

    def add(self, name, ids, positions=None):
        result = llama_reference.forward(self.model, ids)
        exact_logits, exact_qk = exact_llama.forward(
            self.model.config,
            self.weights,
            self.model.model.rotary_emb.inv_freq.numpy(),
            ids,
        )
        self.measure("logits", result.logits, exact_logits)
        self.tensors[f"{name}.ids"] = torch.tensor(ids, dtype=torch.int32)
        if positions is None:
            logits, kept = result.logits, slice(None)
        else:
            self.tensors[f"{name}.positions"] = torch.tensor(positions, dtype=torch.int32)
            logits, kept = result.logits[positions[-1:]], positions
        self.tensors[f"{name}.logits"] = logits.clone()
        for (layer, site), pair in result.qk.items():
            for which, x, exact in zip("qk", pair, exact_qk[layer, site]):
                self.measure("qk", x, exact)
                self.tensors[f"{name}.{layer}.{site}.{which}"] = x[kept].clone()

    def measure(self, what, value, exact):
        self.error[what] = max(self.error[what], relative_error(value, exact))
        assert self.error[what] < 1e-5, "transformers and the float64 model disagree"

    def write(self, path):
        for what, value in self.error.items():
            self.tensors[f"float32_error.{what}"] = torch.tensor(value, dtype=torch.float32)
        save_file(self.tensors, path)
        print(path.relative_to(ROOT), {what: f"{value:.1e}" for what, value in self.error.items()})


def make_random_models():
    for seed, (name, (dtype, version, settings)) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        write_checkpoint(folder, dtype, version, settings, "sharded" in name)
        golden = Golden(folder)
        for sequence, length in enumerate(LENGTHS):
            golden.add(sequence, torch.randint(settings["vocab_size"], (length,)).tolist())
        golden.write(folder / "golden.safetensors")


def make_bundled_golden():
    """The first 64 tokens of the first document of each bundled corpus; three positions of each."""
    tokenizer = tokenizers.Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
    golden = Golden(BUNDLED)
    for sequence, language in enumerate(("en", "hi")):
        with open(ROOT / f"data/corpora/parallel.{language}.jsonl", encoding="utf-8") as file:
            text = json.loads(file.readline())["text"]
        golden.add(sequence, tokenizer.encode(text).ids[:64], positions=[1, 31, 63])
    folder = HERE / "bundled"
    folder.mkdir(exist_ok=True)
    golden.write(folder / "golden.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_random_models()
    make_bundled_golden()
