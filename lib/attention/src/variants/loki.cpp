// Loki (arXiv 2406.02542): keys and queries are rotated by the right singular vectors of the keys
// alone; the first r rotated dimensions give proxy scores, by which each query chooses tokens, and
// attention over the chosen tokens is exact.
//
// Query i, which sees n keys, chooses max(1, round-half-up(top·n)) of them by q̂[:r]·k̂[:r], ties to
// the earlier one. The basis is the KV head's; each query head of a group chooses for itself. As in
// the paper's decode step, n is what the query sees, not the length of the sequence.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter loki_parameters[] = {rank_parameter, top_parameter};

std::unique_ptr<Attention> make_loki(const VariantSpec& spec, const VariantRequest& request) {
  const int64_t rank = projection::kept_dimensions(spec.number("r"), request.heads.head_dim);
  return make_selecting_attention(
      make_basis_scores(maps_of(spec, request, "keys", everywhere(request, rank)), Choice::all, {}),
      {.top = spec.number("top"), .recent = 0.0});
}

StepCost loki_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double r = dimensions_of(spec, "r", shape);
  const auto n = static_cast<double>(std::max<int64_t>(1, share_of(spec.number("top"), context)));
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * c.d;
  cost.selection = c.H * selection_rounds * c.L;
  cost.scores = c.H * (c.L * r + n * c.d);
  cost.values = c.H * n * c.d;
  // Rotated keys are stored, of which the first r dimensions are read for all tokens.
  cost.read_bytes = c.Hkv * (c.L * r + std::min(c.L, c.G * n) * (2.0 * c.d - r)) * c.e;
  return cost;
}

}  // namespace

constinit const Variant loki_variant{
    .name = "loki",
    .label = "Loki",
    .description =
        "Exact attention over the tokens that rank-r scores in a keys-only basis choose.",
    .source = "arXiv 2406.02542",
    .parameters = loki_parameters,
    .basis = [](const VariantSpec&) -> std::string_view { return "keys"; },
    .make = make_loki,
    .cost = loki_cost,
};

}  // namespace aqua::attention
