#include "aqua/projection/basis.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "aqua/core/error.hpp"

namespace aqua::projection {
namespace {

constexpr std::array methods{
    BasisMethod{.name = "aqua",
                .label = "AQUA (joint SVD)",
                .description = "Right singular vectors of the group's queries and keys together.",
                .make = make_aqua},
    BasisMethod{.name = "keys",
                .label = "keys only (Loki)",
                .description = "Right singular vectors of the keys alone.",
                .make = make_keys},
    BasisMethod{.name = "kq-svd",
                .label = "KQ-SVD",
                .description =
                    "Two maps whose first r columns give the optimal rank-r approximation "
                    "of the dot products; not orthogonal.",
                .orthogonal = false,
                .make = make_kq_svd},
    BasisMethod{.name = "identity",
                .label = "identity (no rotation)",
                .description = "The dimensions as the model has them.",
                .needs_statistics = false,
                .make = make_identity},
    BasisMethod{.name = "random",
                .label = "random rotation",
                .description = "A random orthogonal matrix (Haar measure), seeded.",
                .needs_statistics = false,
                .make = make_random},
};

}  // namespace

Basis Basis::clone() const {
  return {query_map.clone(), key_map.clone(), singular_values, orthogonal};
}

std::span<const BasisMethod> basis_methods() { return methods; }

const BasisMethod& basis_method(std::string_view name) {
  const auto* found = std::find_if(methods.begin(), methods.end(),
                                   [&](const BasisMethod& method) { return method.name == name; });
  if (found != methods.end()) return *found;
  std::vector<std::string_view> names;
  for (const BasisMethod& method : methods) names.push_back(method.name);
  fail<UsageError>("basis method: expected one of {}, found \"{}\"", fmt::join(names, ", "), name);
}

}  // namespace aqua::projection
