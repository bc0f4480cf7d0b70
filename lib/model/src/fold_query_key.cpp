#include <map>

#include "aqua/linalg/blas.hpp"
#include "weight_part.hpp"
#include "weight_reader.hpp"

namespace aqua::model {
namespace {

// Where element (row, column) of a projection stands in its tensor, whichever way that is stored.
struct Layout {
  int64_t row_stride = 0;
  int64_t column_stride = 0;
};

// The d rows of one head, turned: out = Pᵀ·rows.
void turn(std::span<float> values, std::span<const int64_t> rows, int64_t columns, Layout layout,
          ConstMatrixView<double> map) {
  const int64_t dim = map.rows();
  const auto at = [&](int64_t r, int64_t c) -> float& {
    return values[static_cast<std::size_t>(rows[static_cast<std::size_t>(r)] * layout.row_stride +
                                           c * layout.column_stride)];
  };
  Matrix<double> head(dim, columns);
  for (int64_t r = 0; r < dim; ++r) {
    for (int64_t c = 0; c < columns; ++c) head(r, c) = at(r, c);
  }
  const Matrix<double> turned = linalg::product(linalg::Op::transpose, linalg::Op::none, map, head);
  for (int64_t r = 0; r < dim; ++r) {
    for (int64_t c = 0; c < columns; ++c) at(r, c) = static_cast<float>(turned(r, c));
  }
}

}  // namespace

FoldedTensor WeightReader::converted(const std::string& name,
                                     std::span<const int64_t> shape) const {
  const formats::Tensor& stored = tensor(name, shape);
  int64_t elements = 1;
  for (const int64_t extent : shape) elements *= extent;
  FoldedTensor result{name, {shape.begin(), shape.end()}, {}};
  result.values.resize(static_cast<std::size_t>(elements));
  formats::to_float32(stored.dtype, stored.bytes, result.values);
  return result;
}

std::vector<FoldedTensor> WeightReader::fold_query_key(LayerIndex layer,
                                                       std::span<const Matrix<double>> maps) const {
  const HeadLayout& heads = architecture_.heads;
  const int64_t dim = heads.head_dim;
  const auto map_of = [&](int64_t head) -> const Matrix<double>& {
    const int64_t kv = head < heads.query_heads ? heads.kv_head_of(head) : head - heads.query_heads;
    return maps[static_cast<std::size_t>(kv)];
  };
  std::map<std::string, FoldedTensor> folded;  // parts may share a tensor
  int64_t head = 0;                            // query heads, then key heads, then value heads
  for (const Part& part : query_key_value_parts(layer)) {
    const int64_t last = head + part.rows / dim;
    for (int64_t first_row = 0; head < last; ++head, first_row += dim) {
      if (head >= heads.query_heads + heads.kv_heads) continue;
      std::vector<int64_t> rows;
      for (int64_t r = 0; r < dim; ++r) rows.push_back(part.source_row(first_row + r));
      const std::string weight = part.name + ".weight";
      auto found = folded.find(weight);
      if (found == folded.end()) {
        found = folded.emplace(weight, converted(weight, part.shape)).first;
      }
      const Layout layout = part.transposed ? Layout{1, part.shape.back()} : Layout{part.cols, 1};
      turn(found->second.values, rows, part.cols, layout, map_of(head));
      if (part.bias == 0) continue;
      const std::string bias = part.name + ".bias";
      found = folded.find(bias);
      if (found == folded.end()) {
        found = folded.emplace(bias, converted(bias, std::vector{part.bias})).first;
      }
      turn(found->second.values, rows, 1, {1, 1}, map_of(head));
    }
  }
  std::vector<FoldedTensor> result;
  for (auto& [name, tensor] : folded) result.push_back(std::move(tensor));
  return result;
}

}  // namespace aqua::model
