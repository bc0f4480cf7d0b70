// AQUA-Memory (arXiv 2509.11155): the trailing floor(s·d) rotated dimensions of every key are never
// stored; among the m = d − floor(s·d) that are, each query uses the round-half-up(k·m) in which it
// is largest, at least one:
//
//   logit(i, j) = cap(scale·Σ_{c∈S_i} q̂_ic·k̂_jc),  S_i ⊆ {0, …, m−1}.
//
// s = 0 is dynamic selection, k = 1 a static slice of m.
#include <cmath>

#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "aqua/core/error.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter aqua_memory_parameters[] = {
    {.key = "s",
     .fallback = "0.1",
     .description = "fraction of the rotated key dimensions that are never stored"},
    {.key = "k",
     .low_open = true,
     .fallback = "0.75",
     .description = "fraction of the stored dimensions used per query"}};

int64_t stored_dimensions(const VariantSpec& spec, int64_t head_dim) {
  const auto dropped =
      static_cast<int64_t>(std::floor(spec.number("s") * static_cast<double>(head_dim)));
  if (dropped >= head_dim) {
    fail<UsageError>("attention \"{}\": s: leaves none of {} dimensions", spec.text, head_dim);
  }
  return head_dim - dropped;
}

std::unique_ptr<Attention> make_aqua_memory(const VariantSpec& spec,
                                            const VariantRequest& request) {
  const int64_t stored = stored_dimensions(spec, request.heads.head_dim);
  return make_scored_attention(make_basis_scores(
      maps_of(spec, request, "aqua", everywhere(request, stored)), Choice::largest,
      everywhere(request, projection::kept_dimensions(spec.number("k"), stored))));
}

StepCost aqua_memory_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const int64_t stored = stored_dimensions(spec, shape.heads.head_dim);
  const auto m = static_cast<double>(stored);
  const auto k = static_cast<double>(projection::kept_dimensions(spec.number("k"), stored));
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * m;
  cost.selection = c.H * selection_rounds * m;
  cost.scores = c.H * c.L * k;
  cost.cache_bytes = c.Hkv * c.L * (m + c.d) * c.e;
  cost.read_bytes = c.Hkv * c.L * (std::min(m, c.G * k) + c.d) * c.e;
  return cost;
}

}  // namespace

constinit const Variant aqua_memory_variant{
    .name = "aqua-memory",
    .label = "AQUA-Memory",
    .description =
        "Trailing rotated dimensions are never stored; dynamic selection among the rest.",
    .source = "arXiv 2509.11155",
    .parameters = aqua_memory_parameters,
    .basis = aqua_basis,
    .make = make_aqua_memory,
    .cost = aqua_memory_cost,
};

}  // namespace aqua::attention
