// AQUA's dynamic selection (arXiv 2509.11155, online phase): q and k are rotated by the KV head's
// basis P, and each query uses the k of d rotated dimensions in which it is itself largest,
//
//   logit(i, j) = cap(scale·Σ_{c∈S_i} q̂_ic·k̂_jc),  S_i = the k indices of largest |q̂_ic|,
//
// ties to the lower index. Under grouped queries every query head has a set of its own: they share
// P and the rotated keys, not S. Keys are stored whole, as another query may need any dimension.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter aqua_parameters[] = {k_parameter, plan_parameter};

std::unique_ptr<Attention> make_aqua(const VariantSpec& spec, const VariantRequest& request) {
  return make_scored_attention(
      make_basis_scores(maps_of(spec, request, "aqua", everywhere(request, request.heads.head_dim)),
                        Choice::largest, kept_dimensions(spec, request)));
}

StepCost aqua_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double k = dimensions_of(spec, "k", shape);
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * c.d;
  cost.selection = c.H * selection_rounds * c.d;
  cost.scores = c.H * c.L * k;
  // A group's query heads choose for themselves; at most all their dimensions are read.
  cost.read_bytes = c.Hkv * c.L * (std::min(c.d, c.G * k) + c.d) * c.e;
  return cost;
}

}  // namespace

constinit const Variant aqua_variant{
    .name = "aqua",
    .label = "AQUA, dynamic selection",
    .description = "The k rotated dimensions of the AQUA basis in which each query is largest.",
    .source = "arXiv 2509.11155",
    .parameters = aqua_parameters,
    .basis = aqua_basis,
    .make = make_aqua,
    .cost = aqua_cost,
};

}  // namespace aqua::attention
