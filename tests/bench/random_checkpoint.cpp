#include "random_checkpoint.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <vector>

#include "aqua/core/atomic_file.hpp"
#include "aqua/core/random.hpp"
#include "aqua/formats/safetensors.hpp"

namespace aqua::bench {

double Shape::projection_flops(int64_t tokens) const {
  const int64_t query = heads.query_heads * heads.head_dim;
  const int64_t kv = heads.kv_heads * heads.head_dim;
  const int64_t weights =
      hidden_size * (query + 2 * kv) + hidden_size * query + 3 * hidden_size * feed_forward_size;
  return 2.0 * static_cast<double>(weights) * static_cast<double>(tokens);
}

double Shape::attention_flops(int64_t tokens) const {
  const double pairs = 0.5 * static_cast<double>(tokens) * static_cast<double>(tokens + 1);
  return 4.0 * pairs * static_cast<double>(heads.query_heads * heads.head_dim);
}

void write_random_checkpoint(const Shape& shape, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  AtomicFile config(folder / "config.json");
  config.write(fmt::format(
      R"({{"model_type":"llama","num_hidden_layers":{},"hidden_size":{},"intermediate_size":{},)"
      R"("vocab_size":{},"num_attention_heads":{},"num_key_value_heads":{},"head_dim":{},)"
      R"("tie_word_embeddings":true,"rms_norm_eps":1e-5,"rope_theta":10000.0}})",
      shape.layers, shape.hidden_size, shape.feed_forward_size, shape.vocabulary,
      shape.heads.query_heads, shape.heads.kv_heads, shape.heads.head_dim));
  config.commit();

  // One block of random BF16 values serves every matrix, from a different start.
  Random random(1, Random::Purpose::weights);
  std::vector<uint16_t> normals(std::size_t{1} << 20U);
  std::vector<std::vector<uint16_t>> storage;
  std::vector<formats::NewTensor> tensors;
  const auto add = [&](const std::string& name, std::vector<int64_t> extents, bool norm) {
    const int64_t columns = extents.back();
    int64_t count = 1;
    for (const int64_t e : extents) count *= e;
    auto& values = storage.emplace_back(static_cast<std::size_t>(count));
    const float scale = 1.0F / std::sqrt(static_cast<float>(columns));
    if (!norm) {
      for (auto& v : normals) {
        const auto x = static_cast<float>(random.uniform() - 0.5) * 3.4641016F * scale;
        v = static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16U);
      }
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = norm ? uint16_t{0x3f80} : normals[(i * 2654435761U >> 7U) % normals.size()];
    }
    tensors.push_back({name, formats::DType::bf16, std::move(extents),
                       std::as_bytes(std::span<const uint16_t>(values))});
  };
  const int64_t hidden = shape.hidden_size;
  const int64_t query = shape.heads.query_heads * shape.heads.head_dim;
  const int64_t kv = shape.heads.kv_heads * shape.heads.head_dim;
  add("model.embed_tokens.weight", {shape.vocabulary, hidden}, false);
  add("model.norm.weight", {hidden}, true);
  for (int64_t i = 0; i < shape.layers; ++i) {
    const std::string layer = fmt::format("model.layers.{}.", i);
    add(layer + "input_layernorm.weight", {hidden}, true);
    add(layer + "post_attention_layernorm.weight", {hidden}, true);
    add(layer + "self_attn.q_proj.weight", {query, hidden}, false);
    add(layer + "self_attn.k_proj.weight", {kv, hidden}, false);
    add(layer + "self_attn.v_proj.weight", {kv, hidden}, false);
    add(layer + "self_attn.o_proj.weight", {hidden, query}, false);
    add(layer + "mlp.gate_proj.weight", {shape.feed_forward_size, hidden}, false);
    add(layer + "mlp.up_proj.weight", {shape.feed_forward_size, hidden}, false);
    add(layer + "mlp.down_proj.weight", {hidden, shape.feed_forward_size}, false);
  }
  AtomicFile weights(folder / "model.safetensors");
  formats::write_safetensors(weights, tensors, {{"format", "pt"}});
  weights.commit();
}

}  // namespace aqua::bench
