"""The Llama forward pass written out in float64 with numpy, from the checkpoint's tensors.

Only the rotary tables are rounded to float32, because that is part of how the models are defined.
make_model_goldens.py uses it to measure how far float32 arithmetic itself moves the results, which is
the yardstick for the tests' tolerances, and to check the goldens independently.
"""

import numpy as np


def rms_norm(x, weight, epsilon):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon) * weight


def rotate(x, cos, sin):
    """x [T, heads, d], cos and sin [T, d/2]."""
    a, b = np.split(x, 2, axis=-1)
    cos, sin = cos[:, None], sin[:, None]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def attend(q, k, v):
    group = q.shape[1] // k.shape[1]
    out = np.empty_like(q)
    for h in range(q.shape[1]):
        logits = q[:, h] @ k[:, h // group].T / np.sqrt(q.shape[2])
        logits[np.triu_indices(len(logits), 1)] = -np.inf
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        out[:, h] = weights / weights.sum(axis=1, keepdims=True) @ v[:, h // group]
    return out


def forward(config, weights, inverse_frequency, ids):
    """config: the model's attributes; weights: name -> float64 array; inverse_frequency: float32 [d/2].
    Returns logits [T, vocabulary] and {(layer, site): (q, k)}, as llama_reference.Forward."""
    d = config.head_dim
    angles = np.outer(np.arange(len(ids), dtype=np.float32), inverse_frequency)
    cos = np.cos(angles.astype(np.float64)).astype(np.float32).astype(np.float64)
    sin = np.sin(angles.astype(np.float64)).astype(np.float32).astype(np.float64)

    def linear(x, name):
        return x @ weights[name + ".weight"].T + weights.get(name + ".bias", 0.0)

    def heads(x):
        return x.reshape(len(ids), -1, d)

    qk = {}
    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        y = rms_norm(x, weights[prefix + "input_layernorm.weight"], config.rms_norm_eps)
        q, k, v = (heads(linear(y, f"{prefix}self_attn.{name}_proj")) for name in "qkv")
        qk[layer, "pre_rope"] = q, k
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        qk[layer, "post_rope"] = q, k
        x = x + linear(attend(q, k, v).reshape(len(ids), -1), prefix + "self_attn.o_proj")
        y = rms_norm(x, weights[prefix + "post_attention_layernorm.weight"], config.rms_norm_eps)
        gate = linear(y, prefix + "mlp.gate_proj")
        up = linear(y, prefix + "mlp.up_proj")
        x = x + linear(gate / (1 + np.exp(-gate)) * up, prefix + "mlp.down_proj")
    x = rms_norm(x, weights["model.norm.weight"], config.rms_norm_eps)
    head = "model.embed_tokens" if config.tie_word_embeddings else "lm_head"
    return x @ weights[head + ".weight"].T, qk
