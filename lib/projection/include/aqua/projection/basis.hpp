// Bases (projections) of one KV head, and the methods that make them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/heads.hpp"
#include "aqua/projection/r_factor.hpp"

namespace aqua::projection {

/// Two maps of row vectors, q̂ = q·query_map and k̂ = k·key_map, both [d,d], with directions in
/// columns from most to least important. For an orthogonal basis both are the same matrix P with
/// PᵀP = I, so q̂·k̂ = q·k; for any basis here query_map·key_mapᵀ acts as the identity on the
/// calibration data.
struct Basis {
  Matrix<double> query_map;
  Matrix<double> key_map;
  /// [d], falling, of the matrix that the method decomposes; empty when it decomposes none.
  std::vector<double> singular_values;
  bool orthogonal = true;

  int64_t dim() const { return query_map.rows(); }
  Basis clone() const;
};

/// What a method may use.
struct BasisRequest {
  const HeadStatistics* statistics = nullptr;  ///< null for methods that need none
  int64_t head_dim = 0;
  uint64_t seed = 0;
  LayerIndex layer{};  ///< layer and KV head, so that seeded bases differ from head to head
  int64_t kv_head = 0;
};

/// A way to make a basis. A new one is a file in lib/projection/src/methods and a line in
/// basis_methods().
struct BasisMethod {
  std::string_view name;         ///< as in options and files: "aqua", "keys", "kq-svd", …
  std::string_view label;        ///< for tables: "AQUA (joint SVD)"
  std::string_view description;  ///< one sentence
  bool needs_statistics = true;
  bool orthogonal = true;
  Basis (*make)(const BasisRequest&) = nullptr;
};

/// All methods, in the order tables show them: aqua, keys, kq-svd, identity, random.
std::span<const BasisMethod> basis_methods();
/// UsageError that lists the known names when there is none.
const BasisMethod& basis_method(std::string_view name);

/// AQUA: right singular vectors V of X = [Q of the group; K] = UΣVᵀ, from the SVD of [R_q; R_k]
/// (arXiv 2509.11155, offline phase). Σ in singular_values. With fewer rows than d, or
/// rank-deficient data, V is completed to an orthonormal basis.
Basis make_aqua(const BasisRequest&);
/// Keys only, V of K (Loki, arXiv 2406.02542).
Basis make_keys(const BasisRequest&);
/// KQ-SVD: SVD of R_k·R_qᵀ = U'SV'ᵀ; key map R_qᵀV'S⁻¹, query map R_kᵀU'; its first r columns give
/// the optimal rank-r approximation of K·Qᵀ, with squared error Σ_{i>r} S_i². Directions with S_i
/// <= d·eps·S_0 carry nothing: their key-map columns are zero instead of divided by ~0.
Basis make_kq_svd(const BasisRequest&);
Basis make_identity(const BasisRequest&);
/// Haar-distributed, from (seed, layer, KV head).
Basis make_random(const BasisRequest&);

}  // namespace aqua::projection
