#include <algorithm>
#include <array>

#include "aqua/attention/variants.hpp"
#include "aqua/core/error.hpp"
#include "variants/list.hpp"

namespace aqua::attention {
namespace {

constexpr std::array all{
    &exact_variant,      &aqua_static_variant, &aqua_variant,  &aqua_memory_variant,
    &h2o_variant,        &aqua_h2o_variant,    &lrqk_variant,  &kq_svd_variant,
    &loki_variant,       &think_variant,       &sparq_variant, &quant_variant,
    &aqua_quant_variant,
};

/// One attention on some layers, exact on the others.
class LayeredAttention final : public Attention {
 public:
  LayeredAttention(std::unique_ptr<Attention> inner, VariantSpec spec)
      : inner_(std::move(inner)), exact_(make_exact_attention()), spec_(std::move(spec)) {}

  void run(const AttentionInput& input, MatrixView<float> out) const override {
    (spec_.applies_to(input.layer) ? inner_ : exact_)->run(input, out);
  }

 private:
  std::unique_ptr<Attention> inner_;
  std::unique_ptr<Attention> exact_;
  VariantSpec spec_;
};

void check_bases(const VariantSpec& spec, const VariantRequest& request, std::string_view method) {
  const auto found = request.bases.find(method);
  if (found == request.bases.end() || found->second == nullptr) {
    fail<UsageError>("attention \"{}\": expected bases of method {}, found none", spec.text,
                     method);
  }
  for (LayerIndex layer{0}; layer.value < request.layers; ++layer.value) {
    if (!spec.applies_to(layer)) continue;
    const auto heads = found->second->find(layer);
    if (heads == found->second->end()) {
      fail<UsageError>("attention \"{}\": no {} basis of layer {}", spec.text, method, layer.value);
    }
    if (std::ssize(heads->second) != request.heads.kv_heads ||
        heads->second.front().dim() != request.heads.head_dim) {
      fail<UsageError>(
          "attention \"{}\", layer {}: expected {} KV heads of dimension {}, found {} of dimension "
          "{}",
          spec.text, layer.value, request.heads.kv_heads, request.heads.head_dim,
          heads->second.size(), heads->second.front().dim());
    }
  }
}

void check_plan(const VariantSpec& spec, const VariantRequest& request) {
  if (!spec.given("plan")) return;
  if (std::ssize(request.kept) != request.layers) {
    fail<UsageError>("attention \"{}\": expected a plan of {} layers, found {}", spec.text,
                     request.layers, request.kept.size());
  }
  for (const std::vector<int64_t>& layer : request.kept) {
    if (std::ssize(layer) != request.heads.kv_heads) {
      fail<UsageError>("attention \"{}\": expected a plan of {} KV heads, found {}", spec.text,
                       request.heads.kv_heads, layer.size());
    }
    for (const int64_t k : layer) {
      if (k < 1 || k > request.heads.head_dim) {
        fail<UsageError>("attention \"{}\": expected a plan of 1 to {} dimensions, found {}",
                         spec.text, request.heads.head_dim, k);
      }
    }
  }
}

}  // namespace

std::span<const Variant* const> variants() { return all; }

const Variant& variant(std::string_view name) {
  const auto found = std::ranges::find(all, name, &Variant::name);
  if (found != all.end()) return **found;
  std::string known;
  for (const Variant* each : all) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", each->name);
  }
  fail<UsageError>("attention \"{}\" is not known; known: {}", name, known);
}

std::vector<std::string> needed_bases(std::span<const VariantSpec> specs) {
  std::vector<std::string> names;
  for (const VariantSpec& spec : specs) {
    const std::string_view name = variant(spec.name).basis(spec);
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }
  return names;
}

std::unique_ptr<Attention> make_attention(const VariantSpec& spec, const VariantRequest& request) {
  const Variant& kind = variant(spec.name);
  if (!spec.layers.empty() && spec.layers.back().value >= request.layers) {
    fail<UsageError>("attention \"{}\": there is no layer {}: the model has layers 0 to {}",
                     spec.text, spec.layers.back().value, request.layers - 1);
  }
  if (const std::string_view basis = kind.basis(spec); !basis.empty()) {
    check_bases(spec, request, basis);
  }
  check_plan(spec, request);
  auto attention = kind.make(spec, request);
  if (spec.layers.empty()) return attention;
  return std::make_unique<LayeredAttention>(std::move(attention), spec);
}

StepCost step_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  return variant(spec.name).cost(spec, shape, context);
}

}  // namespace aqua::attention
