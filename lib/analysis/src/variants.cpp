#include "aqua/analysis/variants.hpp"

#include <set>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/error.hpp"

namespace aqua::analysis {
namespace {

/// Layers where some of the specs that need the method apply.
std::vector<LayerIndex> layers_of(std::span<const attention::VariantSpec> specs,
                                  std::string_view method, int64_t layers) {
  std::vector<LayerIndex> needed;
  for (LayerIndex layer{0}; layer.value < layers; ++layer.value) {
    for (const attention::VariantSpec& spec : specs) {
      if (attention::variant(spec.name).basis(spec) != method || !spec.applies_to(layer)) continue;
      needed.push_back(layer);
      break;
    }
  }
  return needed;
}

}  // namespace

bool need_calibration(std::span<const attention::VariantSpec> specs) {
  return !attention::needed_bases(specs).empty();
}

std::vector<std::unique_ptr<attention::Attention>> make_attentions(
    std::span<const attention::VariantSpec> specs, const store::Calibration& calibration,
    const std::map<std::string, projection::Plan>& plans, const Execution& execution) {
  const int64_t layers = calibration.model.layers;
  std::vector<NamedBasis> bases;
  for (const std::string& method : attention::needed_bases(specs)) {
    auto made = make_bases(std::span(&method, 1), capture::Site::post_rope,
                           layers_of(specs, method, layers), calibration, nullptr, 0, execution);
    bases.push_back(std::move(made.front()));
  }
  attention::VariantRequest request{
      .heads = calibration.model.heads, .layers = layers, .bases = {}, .kept = {}};
  for (const NamedBasis& basis : bases) request.bases.emplace(basis.name, &basis.heads);
  std::vector<std::unique_ptr<attention::Attention>> attentions;
  for (const attention::VariantSpec& spec : specs) {
    request.kept = {};
    if (const auto plan = spec.given("plan")) {
      const auto found = plans.find(*plan);
      if (found == plans.end()) {
        fail<UsageError>("attention \"{}\": there is no plan \"{}\"", spec.text, *plan);
      }
      request.kept = found->second.k;
    }
    attentions.push_back(attention::make_attention(spec, request));
  }
  return attentions;
}

}  // namespace aqua::analysis
