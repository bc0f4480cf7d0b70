#include "layer_weights.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "aqua/core/error.hpp"

namespace aqua::model {
namespace {

// Rows converted per task: a few hundred kB of weights, small against a layer, large against the
// cost of handing out a task.
constexpr int64_t rows_per_task = 128;

}  // namespace

// A named matrix of the checkpoint and the rows of a Linear that it fills.
struct WeightReader::Part {
  std::string name;  // without ".weight"
  int64_t rows = 0;
  int64_t cols = 0;
  bool bias = false;
  Linear LayerWeights::*target = nullptr;
};

struct WeightReader::LayerParts {
  std::string attention_norm;
  std::string feed_forward_norm;
  std::vector<Part> parts;  // in the order in which they are stacked
};

WeightReader::LayerParts WeightReader::parts_of(LayerIndex layer) const {
  const Architecture& a = architecture_;
  const std::string prefix = fmt::format(fmt::runtime(names_.layer_prefix), layer.value);
  const auto named = [&](std::string_view name) { return prefix + std::string(name); };
  const int64_t query = a.heads.query_heads * a.heads.head_dim;
  const int64_t kv = a.heads.kv_heads * a.heads.head_dim;
  const int64_t hidden = a.hidden_size;
  const int64_t inner = a.feed_forward_size;
  const bool ab = a.attention_bias;
  const bool fb = a.feed_forward_bias;
  return {named(names_.attention_norm),
          named(names_.feed_forward_norm),
          {{named(names_.query), query, hidden, ab, &LayerWeights::query_key_value},
           {named(names_.key), kv, hidden, ab, &LayerWeights::query_key_value},
           {named(names_.value), kv, hidden, ab, &LayerWeights::query_key_value},
           {named(names_.attention_output), hidden, query, ab, &LayerWeights::attention_output},
           {named(names_.gate), inner, hidden, fb, &LayerWeights::gate_up},
           {named(names_.up), inner, hidden, fb, &LayerWeights::gate_up},
           {named(names_.down), hidden, inner, fb, &LayerWeights::down}}};
}

const formats::Tensor& WeightReader::tensor(const std::string& name,
                                            std::span<const int64_t> shape) const {
  const formats::Tensor& found = formats::require(file_, name, shape);
  if (!formats::is_floating(found.dtype)) {
    fail<FormatError>("{}: \"{}\": expected elements of a floating type, found {}", found.file,
                      name, formats::name(found.dtype));
  }
  return found;
}

const formats::Tensor& WeightReader::matrix(const std::string& name, int64_t rows,
                                            int64_t cols) const {
  return tensor(name + ".weight", std::array{rows, cols});
}

std::vector<float> WeightReader::vector(const std::string& name, int64_t size) const {
  const formats::Tensor& tensor = this->tensor(name, std::array{size});
  std::vector<float> values(static_cast<std::size_t>(size));
  formats::to_float32(tensor.dtype, tensor.bytes, values);
  return values;
}

void WeightReader::read_rows(const formats::Tensor& tensor, int64_t first, MatrixView<float> out) {
  const auto row_bytes =
      static_cast<std::size_t>(formats::bytes_for(tensor.dtype, out.cols(), tensor.name));
  for (int64_t r = 0; r < out.rows(); ++r) {
    formats::to_float32(
        tensor.dtype,
        tensor.bytes.subspan(static_cast<std::size_t>(first + r) * row_bytes, row_bytes),
        out.row(r));
  }
}

void WeightReader::check() const {
  embedding();
  output_head();
  final_norm();
  for (int32_t layer = 0; layer < architecture_.layers; ++layer) {
    const LayerParts parts = parts_of({layer});
    for (const auto& norm : {parts.attention_norm, parts.feed_forward_norm}) {
      tensor(norm + ".weight", std::array{architecture_.hidden_size});
    }
    for (const Part& part : parts.parts) {
      matrix(part.name, part.rows, part.cols);
      if (part.bias) tensor(part.name + ".bias", std::array{part.rows});
    }
  }
}

void WeightReader::read_layer(LayerIndex layer, LayerWeights& weights,
                              const Execution& execution) const {
  const LayerParts parts = parts_of(layer);
  weights.attention_norm = vector(parts.attention_norm + ".weight", architecture_.hidden_size);
  weights.feed_forward_norm =
      vector(parts.feed_forward_norm + ".weight", architecture_.hidden_size);

  // Each stacked matrix takes its parts' rows one after the other.
  struct Task {
    const formats::Tensor* tensor;
    int64_t first;
    MatrixView<float> out;
  };
  std::vector<Task> tasks;
  std::vector<const formats::Tensor*> tensors;
  for (Linear LayerWeights::*target :
       {&LayerWeights::query_key_value, &LayerWeights::attention_output, &LayerWeights::gate_up,
        &LayerWeights::down}) {
    Linear& linear = weights.*target;
    int64_t rows = 0;
    int64_t cols = 0;
    for (const Part& part : parts.parts) {
      if (part.target != target) continue;
      rows += part.rows;
      cols = part.cols;
    }
    if (linear.weight.rows() != rows) linear.weight = Matrix<float>(rows, cols);
    linear.bias.clear();
    int64_t at = 0;
    for (const Part& part : parts.parts) {
      if (part.target != target) continue;
      const formats::Tensor& tensor = matrix(part.name, part.rows, part.cols);
      tensors.push_back(&tensor);
      for (int64_t first = 0; first < part.rows; first += rows_per_task) {
        const int64_t count = std::min(rows_per_task, part.rows - first);
        tasks.push_back({&tensor, first, linear.weight.view().rows(at + first, count)});
      }
      if (part.bias) {
        const auto bias = vector(part.name + ".bias", part.rows);
        linear.bias.insert(linear.bias.end(), bias.begin(), bias.end());
      }
      at += part.rows;
    }
  }
  execution.for_each(static_cast<int64_t>(tasks.size()), [&](int64_t i, int) {
    const Task& task = tasks[static_cast<std::size_t>(i)];
    read_rows(*task.tensor, task.first, task.out);
  });
  for (const formats::Tensor* tensor : tensors) file_.release(*tensor);
}

std::vector<float> WeightReader::final_norm() const {
  return vector(std::string(names_.final_norm) + ".weight", architecture_.hidden_size);
}

const formats::Tensor& WeightReader::embedding() const {
  return matrix(std::string(names_.embedding), architecture_.vocabulary, architecture_.hidden_size);
}

const formats::Tensor& WeightReader::output_head() const {
  if (architecture_.tied_embeddings) return embedding();
  return matrix(std::string(names_.output_head), architecture_.vocabulary,
                architecture_.hidden_size);
}

}  // namespace aqua::model
