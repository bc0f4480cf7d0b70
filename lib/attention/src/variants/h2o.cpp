// H2O, the heavy-hitter oracle (arXiv 2306.14048): a key-value cache of fixed size that holds the
// most recent tokens and the "heavy hitters", those that have received most attention so far.
//
// Query i of a sequence of T tokens, for each KV head by itself:
//   1. key i joins the cache; keys that left the layer's window are gone;
//   2. the group's query heads attend to what is in the cache, softmax over those keys alone;
//   3. each key's mass grows by the weights it received, summed over the query heads of the group,
//      as they share one cache;
//   4. when the cache holds more than R + M keys, the one of least mass that is not among the R
//      latest (i − R + 1 … i) is dropped for good; ties: the earliest.
// So a query sees at most R + M + 1 keys. R = round-half-up(recent·T), at least 1, and
// M = round-half-up(heavy·T): budgets are ratios of the length of the whole sequence, as in the
// paper's experiments. With recent + heavy >= 1 nothing is dropped. A key's mass counts from the
// query at its own position on, so early tokens have had more queries to collect from: the paper's
// policy as it is.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter recent_parameter{
    .key = "recent",
    .fallback = "0.1",
    .description = "recent tokens kept, as a fraction of the sequence"};
constexpr Parameter heavy_parameter{
    .key = "heavy",
    .fallback = "0.1",
    .description = "heavy hitters kept, as a fraction of the sequence"};
constexpr Parameter h2o_parameters[] = {recent_parameter, heavy_parameter};
constexpr Parameter aqua_h2o_parameters[] = {k_parameter, plan_parameter, recent_parameter,
                                             heavy_parameter};

CacheBudget budget_of(const VariantSpec& spec) {
  return {.recent = spec.number("recent"), .heavy = spec.number("heavy")};
}

std::unique_ptr<Attention> make_h2o(const VariantSpec& spec, const VariantRequest&) {
  return make_evicting_attention(make_exact_scores(), budget_of(spec));
}

// AQUA with H2O: both the weights and the eviction see only approximate scores.
std::unique_ptr<Attention> make_aqua_h2o(const VariantSpec& spec, const VariantRequest& request) {
  return make_evicting_attention(
      make_basis_scores(maps_of(spec, request, "aqua", everywhere(request, request.heads.head_dim)),
                        Choice::largest, kept_dimensions(spec, request)),
      budget_of(spec));
}

/// Keys in the cache after L tokens.
double cached(const VariantSpec& spec, int64_t context) {
  const CacheBudget budget = budget_of(spec);
  const int64_t size =
      std::max<int64_t>(1, share_of(budget.recent, context)) + share_of(budget.heavy, context);
  return static_cast<double>(std::min(context, size));
}

constexpr double mass_bytes = 4.0;  // of a key's accumulated weight, a float32

StepCost h2o_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double n = cached(spec, context);
  StepCost cost = exact_cost(shape, context);
  cost.selection = c.H * n + c.Hkv * n;  // sums of mass, and the search for the least
  cost.scores = c.H * n * c.d;
  cost.values = c.H * n * c.d;
  cost.cache_bytes = c.Hkv * n * (2.0 * c.d * c.e + mass_bytes);
  cost.read_bytes = cost.cache_bytes;
  return cost;
}

StepCost aqua_h2o_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double n = cached(spec, context);
  const double k = dimensions_of(spec, "k", shape);
  StepCost cost = h2o_cost(spec, shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * c.d;
  cost.selection += c.H * selection_rounds * c.d;
  cost.scores = c.H * n * k;
  cost.read_bytes = c.Hkv * n * ((std::min(c.d, c.G * k) + c.d) * c.e + mass_bytes);
  return cost;
}

}  // namespace

constinit const Variant h2o_variant{
    .name = "h2o",
    .label = "H2O eviction",
    .description = "Only recent tokens and those that received most attention stay in the cache.",
    .source = "arXiv 2306.14048",
    .parameters = h2o_parameters,
    .basis = no_basis,
    .make = make_h2o,
    .cost = h2o_cost,
};

constinit const Variant aqua_h2o_variant{
    .name = "aqua-h2o",
    .label = "AQUA + H2O",
    .description = "H2O in which weights and eviction see only AQUA's approximate scores.",
    .source = "arXiv 2509.11155, arXiv 2306.14048",
    .parameters = aqua_h2o_parameters,
    .basis = aqua_basis,
    .make = make_aqua_h2o,
    .cost = aqua_h2o_cost,
};

}  // namespace aqua::attention
