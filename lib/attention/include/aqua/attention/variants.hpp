// The registry of attention variants. A new one is a file in lib/attention/src/variants and a line
// in registry.cpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/attention/cost.hpp"
#include "aqua/attention/spec.hpp"
#include "aqua/projection/basis.hpp"

namespace aqua::attention {

/// One basis per KV head, by layer.
using LayerBases = std::map<LayerIndex, std::vector<projection::Basis>>;

/// What a variant is made from. Nothing is kept after making.
struct VariantRequest {
  HeadLayout heads;
  int64_t layers = 0;  ///< of the model
  /// By the name of a basis method; those in needed_bases() must be there, for the layers where the
  /// variant applies.
  std::map<std::string, const LayerBases*, std::less<>> bases;
  /// Dimensions per [layer][KV head], as projection::Plan::k: instead of the ratio k, for a spec
  /// that was given `plan`. Empty: none.
  std::span<const std::vector<int64_t>> kept;
};

/// A kind of attention.
struct Variant {
  std::string_view name;         ///< "aqua-static"
  std::string_view label;        ///< for tables: "AQUA, static slice"
  std::string_view description;  ///< one sentence
  std::string_view source;       ///< where it is defined: "arXiv 2509.11155"
  std::span<const Parameter> parameters;
  /// Name of the basis method that it needs with these parameters; empty: none.
  std::string_view (*basis)(const VariantSpec&) = nullptr;
  std::unique_ptr<Attention> (*make)(const VariantSpec&, const VariantRequest&) = nullptr;
  StepCost (*cost)(const VariantSpec&, const CostShape&, int64_t context) = nullptr;
};

/// All, in the order tables show them; exact is the first.
std::span<const Variant* const> variants();
/// UsageError that lists the known names when there is none.
const Variant& variant(std::string_view name);

/// Names of the basis methods that the specs need, without repeats.
std::vector<std::string> needed_bases(std::span<const VariantSpec> specs);

/// The attention of a spec; exact on layers where it does not apply. UsageError, naming the spec,
/// for a layer that the model has not, a basis or plan that is missing or has another layout.
std::unique_ptr<Attention> make_attention(const VariantSpec& spec, const VariantRequest& request);

}  // namespace aqua::attention
