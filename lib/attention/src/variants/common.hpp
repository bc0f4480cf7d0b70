// What several variants share: parameters, and counting costs.
#pragma once

#include "aqua/projection/selection.hpp"
#include "list.hpp"

namespace aqua::attention {

inline constexpr Parameter k_parameter{
    .key = "k",
    .low_open = true,
    .fallback = "0.75",
    .description = "fraction of the dimensions used per query",
};
inline constexpr Parameter plan_parameter{
    .key = "plan",
    .kind = Parameter::Kind::text,
    .description = "plan file that gives the dimensions of each KV head instead of k",
};
inline constexpr Parameter rank_parameter{
    .key = "r",
    .low_open = true,
    .fallback = "0.5",
    .description = "rank of the approximate scores, as a fraction of the head dimension",
};
inline constexpr Parameter top_parameter{
    .key = "top",
    .low_open = true,
    .fallback = "0.25",
    .description = "fraction of the visible tokens that a query attends to",
};

inline std::string_view no_basis(const VariantSpec&) { return {}; }
inline std::string_view aqua_basis(const VariantSpec&) { return "aqua"; }

/// The numbers that costs are counted from.
struct Counts {
  Counts(const CostShape& shape, int64_t context)
      : H(static_cast<double>(shape.heads.query_heads)),
        Hkv(static_cast<double>(shape.heads.kv_heads)),
        G(H / Hkv),
        d(static_cast<double>(shape.heads.head_dim)),
        L(static_cast<double>(context)),
        e(shape.element_bytes) {}
  double H;
  double Hkv;
  double G;
  double d;
  double L;
  double e;
};

/// A ratio of the head dimension, rounded as everywhere. A plan's head counts are not known here:
/// its k parameter stands in.
inline double dimensions_of(const VariantSpec& spec, std::string_view key, const CostShape& shape) {
  return static_cast<double>(projection::kept_dimensions(spec.number(key), shape.heads.head_dim));
}

}  // namespace aqua::attention
