#include "random_checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <span>
#include <utility>
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

  // One block of random BF16 values serves every matrix of a width, so that a checkpoint of any
  // size is written in the memory of its largest matrix.
  Random random(1, Random::Purpose::weights);
  std::map<int64_t, std::vector<uint16_t>> storage;  // by columns; 0: norms
  const auto values_of = [&](int64_t columns, int64_t count) {
    auto& values = storage[columns];
    if (columns == 0) {
      values.resize(std::max(values.size(), static_cast<std::size_t>(count)), uint16_t{0x3f80});
    } else if (std::ssize(values) < count) {
      std::vector<uint16_t> normals(std::size_t{1} << 18U);
      const float scale = 1.0F / std::sqrt(static_cast<float>(columns));
      for (auto& v : normals) {
        const auto x = static_cast<float>(random.uniform() - 0.5) * 3.4641016F * scale;
        v = static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16U);
      }
      values.resize(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = normals[(i * 2654435761U >> 7U) % normals.size()];
      }
    }
    return std::as_bytes(std::span(values).first(static_cast<std::size_t>(count)));
  };
  struct Plan {
    std::string name;
    std::vector<int64_t> extents;
    bool norm;
  };
  std::vector<Plan> plans;
  const auto add = [&](std::string name, std::vector<int64_t> extents, bool norm) {
    plans.push_back({std::move(name), std::move(extents), norm});
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
  const auto elements = [](const Plan& plan) {
    int64_t count = 1;
    for (const int64_t e : plan.extents) count *= e;
    return count;
  };
  std::map<int64_t, int64_t> largest;  // so that no block moves once it is pointed to
  for (const Plan& plan : plans) {
    int64_t& most = largest[plan.norm ? 0 : plan.extents.back()];
    most = std::max(most, elements(plan));
  }
  for (const auto& [columns, count] : largest) values_of(columns, count);
  std::vector<formats::NewTensor> tensors;
  for (const Plan& plan : plans) {
    tensors.push_back({plan.name, formats::DType::bf16, plan.extents,
                       values_of(plan.norm ? 0 : plan.extents.back(), elements(plan))});
  }
  AtomicFile weights(folder / "model.safetensors");
  formats::write_safetensors(weights, tensors, {{"format", "pt"}});
  weights.commit();
}

}  // namespace aqua::bench
