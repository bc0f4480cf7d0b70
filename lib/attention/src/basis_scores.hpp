// Scores from vectors mapped by a basis, of which only some dimensions are used.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "aqua/attention/variants.hpp"
#include "scores.hpp"

namespace aqua::attention {

/// One KV head's maps of row vectors, the first `stored` columns of the basis: [d, stored].
struct Maps {
  Matrix<float> query;
  Matrix<float> key;
  bool empty() const { return key.empty(); }
};

/// Which of the stored dimensions a query uses.
enum class Choice {
  all,      ///< every one: the static slice 0 … stored − 1
  largest,  ///< the `kept` ones in which the mapped query is largest
};

/// By [layer][KV head].
template <class T>
using PerHead = std::vector<std::vector<T>>;

/// Dimensions used by [layer][KV head]: those of the plan when the spec was given one, else
/// round-half-up(k·d).
PerHead<int64_t> kept_dimensions(const VariantSpec& spec, const VariantRequest& request);
/// The same number everywhere.
PerHead<int64_t> everywhere(const VariantRequest& request, int64_t dimensions);

/// The maps of a method's bases in float32, `stored` columns of each; empty on layers where the
/// spec does not apply. Without a method: no maps at all, vectors are used as they are.
PerHead<Maps> maps_of(const VariantSpec& spec, const VariantRequest& request,
                      std::string_view method, const PerHead<int64_t>& stored);

/// Maps q and k of a head: x [n, d] → mapped [n, stored].
void map_rows(ConstMatrixView<float> x, const Matrix<float>& map, MatrixView<float> mapped);

/// Sets all but the `kept` entries of largest magnitude of each row to zero.
void keep_largest(int64_t kept, MatrixView<float> rows);

/// `maps` empty: no rotation. `kept` counts with Choice::largest only.
std::unique_ptr<ScoreModel> make_basis_scores(PerHead<Maps> maps, Choice choice,
                                              PerHead<int64_t> kept);

}  // namespace aqua::attention
