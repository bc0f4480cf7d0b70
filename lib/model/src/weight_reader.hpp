// A checkpoint seen by role: tensors found by a family's names, checked against its architecture.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/matrix.hpp"
#include "aqua/formats/tensors.hpp"
#include "architecture.hpp"
#include "layer_weights.hpp"
#include "tensor_names.hpp"

namespace aqua::model {

/// A tensor of a checkpoint with other numbers.
struct FoldedTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

class WeightReader {
 public:
  /// Rows converted and packed per task: a few hundred kB of weights, small against a layer, large
  /// against the cost of handing out a task.
  static constexpr int64_t rows_per_task = 128;

  /// Weights are packed for `products`. All four must outlive it.
  WeightReader(const formats::TensorFile& file, const Architecture& architecture,
               const TensorNames& names, const linalg::ProductEngine& products);

  /// Fails, naming tensor, expected and found, unless every tensor of the model is there in its
  /// shape.
  void check() const;
  /// Converts and packs one layer, but for its experts, into `weights`, reusing its memory, some
  /// rows at a time, in parallel; the checkpoint's pages of what was read are released.
  void read_layer(LayerIndex layer, LayerWeights& weights, const Execution& execution) const;
  /// The same for one expert.
  void read_expert(LayerIndex layer, int64_t expert, FeedForwardWeights& weights,
                   const Execution& execution) const;
  NormWeights final_norm() const;              ///< empty when there is none
  const formats::Tensor& embedding() const;    ///< [vocabulary, hidden]
  const formats::Tensor& positions() const;    ///< [max_positions + offset, hidden]
  const formats::Tensor& output_head() const;  ///< [vocabulary, hidden]
  /// The tensors that hold a layer's query and key projections, weights and biases, with each
  /// head's rows turned by the map of its KV head: W becomes PᵀW, b becomes Pᵀb. maps: [H_kv] of
  /// [d, d].
  std::vector<FoldedTensor> fold_query_key(LayerIndex layer,
                                           std::span<const Matrix<double>> maps) const;
  /// Rows [first, first + out.rows()) of a matrix, converted.
  static void read_rows(const formats::Tensor& tensor, int64_t first, MatrixView<float> out);
  /// Says that rows [first, first + count) of a matrix are not needed again soon.
  void release_rows(const formats::Tensor& tensor, int64_t first, int64_t count) const;

  const linalg::ProductEngine& products() const { return products_; }

 private:
  struct Part;
  struct Norm;
  FoldedTensor converted(const std::string& name, std::span<const int64_t> shape) const;
  std::string layer_name(LayerIndex layer, std::string_view name) const;
  std::vector<Norm> norms_of(LayerIndex layer) const;
  std::vector<Part> query_key_value_parts(LayerIndex layer) const;
  std::vector<Part> attention_output_parts(LayerIndex layer) const;
  std::vector<Part> gate_parts(LayerIndex layer) const;
  std::vector<Part> up_parts(LayerIndex layer) const;
  std::vector<Part> down_parts(LayerIndex layer) const;
  std::vector<Part> router_parts(LayerIndex layer) const;
  std::vector<Part> expert_parts(LayerIndex layer, std::string_view name, int64_t expert,
                                 int64_t rows, int64_t cols) const;
  Part plain_part(LayerIndex layer, std::string_view name, int64_t rows, int64_t cols,
                  bool bias) const;

  /// The named tensor, of that shape and of a floating type.
  const formats::Tensor& tensor(const std::string& name, std::span<const int64_t> shape) const;
  std::vector<float> vector(const std::string& name, int64_t size) const;
  NormWeights norm(const std::string& name, int64_t size) const;
  void check_parts(const std::vector<Part>& parts) const;
  void read_linear(const std::vector<Part>& parts, Linear& linear,
                   const Execution& execution) const;
  void read_part(const Part& part, int64_t first, MatrixView<float> out) const;

  const formats::TensorFile& file_;
  const Architecture& architecture_;
  const TensorNames names_;
  const linalg::ProductEngine& products_;
  std::string base_prefix_;
};

}  // namespace aqua::model
