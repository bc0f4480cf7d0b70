// KQ-SVD keys of rank r (see projection/basis.hpp): two maps, not orthogonal, whose first r columns
// give the rank-r matrix closest to K·Qᵀ on the calibration text,
//
//   logit(i, j) = cap(scale·Σ_{c<r} q̂_ic·k̂_jc),  q̂ = q·query_map, k̂ = k·key_map.
//
// A calibrated map is no identity outside the directions that calibration saw; at r = 1 (all
// dimensions) it equals exact attention where the calibration had full rank.
#include "../basis_scores.hpp"
#include "../drivers.hpp"
#include "common.hpp"

namespace aqua::attention {
namespace {

constexpr Parameter kq_svd_parameters[] = {rank_parameter};

std::unique_ptr<Attention> make_kq_svd(const VariantSpec& spec, const VariantRequest& request) {
  const int64_t rank = projection::kept_dimensions(spec.number("r"), request.heads.head_dim);
  return make_scored_attention(make_basis_scores(
      maps_of(spec, request, "kq-svd", everywhere(request, rank)), Choice::all, {}));
}

StepCost kq_svd_cost(const VariantSpec& spec, const CostShape& shape, int64_t context) {
  const Counts c(shape, context);
  const double r = dimensions_of(spec, "r", shape);
  StepCost cost = exact_cost(shape, context);
  cost.rotation = (c.H + c.Hkv) * c.d * r;
  cost.scores = c.H * c.L * r;
  cost.cache_bytes = c.Hkv * c.L * (r + c.d) * c.e;
  cost.read_bytes = cost.cache_bytes;
  return cost;
}

}  // namespace

constinit const Variant kq_svd_variant{
    .name = "kq-svd",
    .label = "KQ-SVD, rank-r keys",
    .description = "Keys and queries mapped to the rank-r approximation of their products.",
    .source = "closed form, see aqua/projection/basis.hpp",
    .parameters = kq_svd_parameters,
    .basis = [](const VariantSpec&) -> std::string_view { return "kq-svd"; },
    .make = make_kq_svd,
    .cost = kq_svd_cost,
};

}  // namespace aqua::attention
