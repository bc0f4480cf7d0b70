#!/usr/bin/env python3
"""Trains aqua-tiny-bilingual, the small English/Hindi model in this folder, from text.

usage: train.py CORPUS OUT [options]

CORPUS holds en.txt.xz, hi.txt.xz (training text) and heldout_en.txt, heldout_hi.txt. Documents are
separated by blank lines. OUT receives a Hugging Face checkpoint: config.json, model.safetensors
(bfloat16), tokenizer.json, and training.json with what was measured.

The defaults are the recipe: 20,000 steps of 32 sequences of 1024 tokens, 655,360,000 tokens in all.
Needs the packages numpy, tokenizers, torch and transformers. With --device cpu, --steps 20,
--batch 4 and --sequence-length 64 the whole script can be tried on a laptop.
"""
import argparse
import json
import lzma
import math
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

LANGUAGES = ("en", "hi")
BEGIN, END = "<|begin_of_text|>", "<|end_of_text|>"
VOCABULARY = 8192
TOKENIZER_CHARACTERS = 20_000_000  # of each language, for learning the merges
WARMUP_STEPS = 200
DECAY_SHARE = 0.4  # of all steps, at the end, during which the learning rate falls to zero
EVALUATION_WINDOWS = 96
EVALUATION_INTERVAL = 1000

# Words keep their combining marks (Hindi vowel signs), digits come in threes, line breaks and runs
# of spaces stand by themselves.
SPLIT_PATTERN = (
    r"[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train aqua-tiny-bilingual.")
    parser.add_argument("corpus", type=Path, help="folder with the training and held-out text")
    parser.add_argument("out", type=Path, help="folder for the checkpoint")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=32, help="sequences in a step")
    parser.add_argument("--sequence-length", type=int, default=1024, help="tokens in a sequence")
    parser.add_argument("--hindi-share", type=float, default=0.5, help="of the sequences in a step")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="highest of the schedule")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def log(message: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {message}", flush=True)


def train_tokenizer(texts: dict[str, str]) -> Tokenizer:
    """Byte-level BPE; equal amounts of both languages decide the merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()

    piece = 10_000
    samples = (texts[language][:TOKENIZER_CHARACTERS][start:start + piece]
               for language in LANGUAGES
               for start in range(0, min(len(texts[language]), TOKENIZER_CHARACTERS), piece))
    tokenizer.train_from_iterator(samples, trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    ))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A",
        pair=f"{BEGIN} $A {BEGIN} $B",
        special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))],
    )
    return tokenizer


def encode_documents(tokenizer: Tokenizer, text: str) -> list[np.ndarray]:
    documents = [document for document in text.split("\n\n") if document.strip()]
    return [np.asarray(encoding.ids, dtype=np.int32)
            for encoding in tokenizer.encode_batch(documents)]


class Batches:
    """Random windows of each language's token stream, the next token of each position as target."""

    def __init__(self, streams: dict[str, torch.Tensor], arguments: argparse.Namespace):
        self.streams = streams
        self.length = arguments.sequence_length
        hindi = round(arguments.batch * arguments.hindi_share)
        self.counts = {"en": arguments.batch - hindi, "hi": hindi}

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        windows = []
        for language, stream in self.streams.items():
            start = torch.randint(0, len(stream) - self.length - 1, (self.counts[language], 1),
                                  device=stream.device)
            offsets = torch.arange(self.length + 1, device=stream.device)
            windows.append(stream[start + offsets])
        tokens = torch.cat(windows).long()
        return tokens[:, :-1], tokens[:, 1:]


class HeldOut:
    """Perplexity and bits per byte on text that was not trained on, in separate windows."""

    def __init__(self, tokenizer: Tokenizer, text: str, length: int, device: str):
        ids = np.concatenate(encode_documents(tokenizer, text)).astype(np.int64)
        count = min(len(ids) // length, EVALUATION_WINDOWS)
        self.windows = torch.from_numpy(ids[:count * length]).view(count, length).to(device)
        self.bytes_per_token = len(text.encode()) / len(ids)

    @torch.no_grad()
    def measure(self, model: LlamaForCausalLM) -> dict[str, float]:
        model.eval()
        nats = 0.0
        for windows in self.windows.split(16):
            with mixed_precision(windows.device):
                logits = model(windows).logits.float()
            nats += cross_entropy(logits[:, :-1].flatten(0, 1), windows[:, 1:].flatten(),
                                  reduction="sum").item()
        model.train()
        nats /= self.windows[:, 1:].numel()
        return {"ppl": round(math.exp(nats), 3),
                "bits_per_byte": round(nats / math.log(2) / self.bytes_per_token, 4)}


def mixed_precision(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def make_model() -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=4,
        head_dim=64,  # 8 · 64 = 512, twice the hidden size
        max_position_embeddings=2048,
        rope_theta=10_000.0,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=1,
    ))


def make_optimizer(model: LlamaForCausalLM, learning_rate: float) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    scales = [p for p in model.parameters() if p.dim() < 2]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": scales, "weight_decay": 0.0}],
        lr=learning_rate, betas=(0.9, 0.95), fused=True)


def learning_rate_factor(step: int, steps: int) -> float:
    """Linear warm-up, then constant, then linear decay to zero."""
    warmup = min(1.0, (step + 1) / WARMUP_STEPS)
    return warmup * min(1.0, (1 - step / steps) / DECAY_SHARE)


def train(model: LlamaForCausalLM, batches: Batches, held_out: dict[str, HeldOut],
          arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Returns the held-out figures of the last step."""
    optimizer = make_optimizer(model, arguments.learning_rate)
    body = torch.compile(model.model) if arguments.device.startswith("cuda") else model.model
    figures = {}
    for step in range(arguments.steps):
        factor = learning_rate_factor(step, arguments.steps)
        for group in optimizer.param_groups:
            group["lr"] = arguments.learning_rate * factor
        inputs, targets = batches.draw()
        with mixed_precision(inputs.device):
            hidden = body(input_ids=inputs, use_cache=False).last_hidden_state
            logits = model.lm_head(hidden)
        loss = cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

        done = step + 1
        if done % EVALUATION_INTERVAL == 0 or done == arguments.steps:
            figures = {language: text.measure(model) for language, text in held_out.items()}
            log(f"step {done}: loss {loss.item():.4f}, held-out {figures}")
    return figures


def main() -> None:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    texts = {}
    for language in LANGUAGES:
        with lzma.open(arguments.corpus / f"{language}.txt.xz", "rt", encoding="utf-8") as file:
            texts[language] = file.read()

    tokenizer = train_tokenizer(texts)
    tokenizer.save(str(arguments.out / "tokenizer.json"))
    log(f"tokenizer with {tokenizer.get_vocab_size()} tokens")

    order = np.random.default_rng(arguments.seed)
    streams = {}
    for language in LANGUAGES:
        documents = encode_documents(tokenizer, texts[language])
        order.shuffle(documents)
        streams[language] = torch.from_numpy(np.concatenate(documents)).to(arguments.device)
        log(f"{language}: {len(streams[language])} training tokens")
    held_out = {
        language: HeldOut(tokenizer,
                          (arguments.corpus / f"heldout_{language}.txt").read_text(encoding="utf-8"),
                          arguments.sequence_length, arguments.device)
        for language in LANGUAGES
    }

    torch.manual_seed(arguments.seed)
    torch.set_float32_matmul_precision("high")
    model = make_model().to(arguments.device)
    log(f"{sum(p.numel() for p in model.parameters())} parameters")
    figures = train(model, Batches(streams, arguments), held_out, arguments)

    model.to(torch.bfloat16).save_pretrained(arguments.out)
    record = {
        "steps": arguments.steps,
        "tokens": arguments.steps * arguments.batch * arguments.sequence_length,
        "heldout": figures,
        "train_tokens": {language: len(stream) for language, stream in streams.items()},
    }
    (arguments.out / "training.json").write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
