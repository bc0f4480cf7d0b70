// One layer's weights in compute type.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/matrix.hpp"
#include "aqua/formats/tensors.hpp"
#include "architecture.hpp"
#include "family.hpp"
#include "linear.hpp"

namespace aqua::model {

/// Projections that read the same input are stacked, so that it is read once.
struct LayerWeights {
  std::vector<float> attention_norm;     ///< [hidden]
  Linear query_key_value;                ///< [(H + 2·H_kv)·d, hidden]
  Linear attention_output;               ///< [hidden, H·d]
  std::vector<float> feed_forward_norm;  ///< [hidden]
  Linear gate_up;                        ///< [2·feed_forward, hidden]
  Linear down;                           ///< [hidden, feed_forward]
};

/// A checkpoint seen by role: tensors found by a family's names, checked against its architecture.
class WeightReader {
 public:
  WeightReader(const formats::TensorFile& file, const Architecture& architecture,
               const TensorNames& names)
      : file_(file), architecture_(architecture), names_(names) {}

  /// Fails, naming tensor, expected and found, unless every tensor of the model is there in its
  /// shape.
  void check() const;
  /// Converts one layer into `weights`, reusing its memory, rows in parallel; afterwards the
  /// checkpoint's pages of that layer are released.
  void read_layer(LayerIndex layer, LayerWeights& weights, const Execution& execution) const;
  std::vector<float> final_norm() const;
  const formats::Tensor& embedding() const;    ///< [vocabulary, hidden]
  const formats::Tensor& output_head() const;  ///< [vocabulary, hidden]
  /// Rows [first, first + out.rows()) of a matrix, converted.
  static void read_rows(const formats::Tensor& tensor, int64_t first, MatrixView<float> out);

 private:
  struct Part;
  struct LayerParts;
  LayerParts parts_of(LayerIndex layer) const;
  /// The named tensor, of that shape and of a floating type.
  const formats::Tensor& tensor(const std::string& name, std::span<const int64_t> shape) const;
  const formats::Tensor& matrix(const std::string& name, int64_t rows, int64_t cols) const;
  std::vector<float> vector(const std::string& name, int64_t size) const;

  const formats::TensorFile& file_;
  const Architecture& architecture_;
  const TensorNames& names_;
};

}  // namespace aqua::model
