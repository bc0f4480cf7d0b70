// Named bases for a comparison, from calibrated statistics.

#include <algorithm>
#include <utility>

#include "aqua/analysis/retention.hpp"
#include "aqua/core/error.hpp"

namespace aqua::analysis {
namespace {

constexpr std::string_view native_name = "native";

// How one named basis is made.
struct Recipe {
  std::string name;
  const projection::BasisMethod* method = nullptr;
  bool native = false;  // from the evaluated text's statistics instead of the calibrated ones
};

Recipe recipe_for(const std::string& name) {
  if (name == native_name) return {name, &projection::basis_method("aqua"), true};
  const auto methods = projection::basis_methods();
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const auto& method) { return method.name == name; });
  if (found == methods.end()) {
    std::string known;
    for (const auto& method : methods) known += fmt::format("{}, ", method.name);
    fail<UsageError>("basis \"{}\" is not known; known: {}{}", name, known, native_name);
  }
  return {name, &*found, false};
}

void check_heads(std::string_view source, const store::SiteKey& key, const HeadLayout& layout,
                 const projection::HeadStatistics& head, int64_t found_heads) {
  const int64_t found_dim = head.key.dim();
  if (found_heads != layout.kv_heads || found_dim != layout.head_dim) {
    fail<UsageError>(
        "{}, layer {}, {}: expected {} KV heads of dimension {}, found {} of dimension {}", source,
        key.first.value, capture::name(key.second), layout.kv_heads, layout.head_dim, found_heads,
        found_dim);
  }
}

// [KV head] of one layer and site; UsageError when there are none or the layout differs.
std::vector<const projection::HeadStatistics*> statistics_at(const store::Calibration& calibration,
                                                             const store::SiteKey& key,
                                                             const HeadLayout& layout,
                                                             std::string_view source) {
  const auto found = calibration.heads.find(key);
  if (found == calibration.heads.end()) {
    fail<UsageError>("{}: no {} statistics of layer {}", source, capture::name(key.second),
                     key.first.value);
  }
  std::vector<const projection::HeadStatistics*> heads;
  for (const store::CalibratedHead& head : found->second) {
    heads.push_back(&head.statistics);
    check_heads(source, key, layout, *heads.back(), std::ssize(found->second));
  }
  return heads;
}

}  // namespace

std::vector<NamedBasis> make_bases(std::span<const std::string> names, capture::Site site,
                                   std::span<const LayerIndex> layers,
                                   const store::Calibration& fitted,
                                   const store::Calibration* native, uint64_t seed,
                                   const Execution& execution) {
  struct Task {
    const projection::BasisMethod* method = nullptr;
    projection::BasisRequest request;
    projection::Basis* out = nullptr;
  };
  const HeadLayout& layout = fitted.model.heads;
  std::vector<NamedBasis> bases;
  std::vector<Task> tasks;
  for (const std::string& name : names) {
    const Recipe recipe = recipe_for(name);
    if (recipe.native && native == nullptr) {
      fail<UsageError>("basis \"native\": expected statistics of the evaluated text, found none");
    }
    NamedBasis& basis = bases.emplace_back();
    basis.name = name;
    for (const LayerIndex layer : layers) {
      std::vector<const projection::HeadStatistics*> statistics(layout.kv_heads, nullptr);
      if (recipe.native) {
        statistics = statistics_at(*native, {layer, site}, layout, "evaluated text");
      } else if (recipe.method->needs_statistics) {
        statistics = statistics_at(fitted, {layer, site}, layout, "calibration");
      }
      auto& heads = basis.heads[layer];
      heads.resize(layout.kv_heads);
      for (int64_t g = 0; g < layout.kv_heads; ++g) {
        tasks.push_back({recipe.method,
                         {.statistics = statistics[g],
                          .head_dim = layout.head_dim,
                          .seed = seed,
                          .layer = layer,
                          .kv_head = g},
                         &heads[g]});
      }
    }
  }
  execution.for_each(std::ssize(tasks), [&](int64_t index, int) {
    const Task& task = tasks[index];
    *task.out = task.method->make(task.request);
  });
  return bases;
}

}  // namespace aqua::analysis
