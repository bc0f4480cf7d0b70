// AQUA's static slice (arXiv 2509.11155): q and k are rotated by the KV head's basis P, and only
// the first k of the d rotated dimensions are used, the same for every query:
//
//   logit(i, j) = cap(scale·Σ_{c<k} q̂_ic·k̂_jc),  q̂ = qP, k̂ = kP.
//
// The other dimensions of the keys need never be computed or stored. All query heads of a group use
// the slice of their KV head.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter aqua_static_parameters[] = {k_parameter, plan_parameter};

std::unique_ptr<Attention> make_aqua_static(const VariantSpec& spec,
                                            const VariantRequest& request) {
  const auto kept = kept_dimensions(spec, request);
  return make_scored_attention(
      make_basis_scores(maps_of(spec, request, "aqua", kept), Choice::all, {}));
}

StepCost aqua_static_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double k = dimensions_of(spec, "k", shape);
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * k;
  cost.scores = c.H * c.L * k;
  cost.cache_bytes = c.Hkv * c.L * (k + c.d) * c.e;
  cost.read_bytes = cost.cache_bytes;
  return cost;
}

}  // namespace

constinit const Variant aqua_static_variant{
    .name = "aqua-static",
    .label = "AQUA, static slice",
    .description = "The first k rotated dimensions of the AQUA basis, the same for every query.",
    .source = "arXiv 2509.11155",
    .parameters = aqua_static_parameters,
    .basis = aqua_basis,
    .make = make_aqua_static,
    .cost = aqua_static_cost,
};

}  // namespace aqua::attention
