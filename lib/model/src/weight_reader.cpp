#include "weight_reader.hpp"

#include <algorithm>
#include <array>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "aqua/ops/norm.hpp"
#include "weight_part.hpp"

namespace aqua::model {
static_assert(WeightReader::rows_per_task % linalg::ProductEngine::column_unit == 0);

struct WeightReader::Norm {
  std::string name;
  int64_t size = 0;
  NormWeights LayerWeights::*target = nullptr;
};

WeightReader::WeightReader(const formats::TensorFile& file, const Architecture& architecture,
                           const TensorNames& names, const linalg::ProductEngine& products)
    : file_(file),
      architecture_(architecture),
      names_(names),
      products_(products),
      base_prefix_(names.base_prefix) {
  const auto has_embedding = [&](std::string_view prefix) {
    return file.find(fmt::format("{}{}.weight", prefix, names.embedding)) != nullptr;
  };
  if (!has_embedding(base_prefix_) && has_embedding("")) base_prefix_.clear();
}

std::string WeightReader::layer_name(LayerIndex layer, std::string_view name) const {
  return fmt::format("{}{}{}", base_prefix_,
                     fmt::format(fmt::runtime(names_.layer_prefix), layer.value), name);
}

std::vector<WeightReader::Norm> WeightReader::norms_of(LayerIndex layer) const {
  const Architecture& a = architecture_;
  std::vector<Norm> norms;
  const auto add = [&](std::string_view name, int64_t size, NormWeights LayerWeights::*target) {
    norms.push_back({layer_name(layer, name), size, target});
  };
  if (a.norms.before) {
    add(names_.attention_norm, a.hidden_size, &LayerWeights::attention_norm);
    add(names_.feed_forward_norm, a.hidden_size, &LayerWeights::feed_forward_norm);
  }
  if (a.norms.after) {
    add(names_.attention_post_norm, a.hidden_size, &LayerWeights::attention_post_norm);
    add(names_.feed_forward_post_norm, a.hidden_size, &LayerWeights::feed_forward_post_norm);
  }
  if (a.qk_norm != QkNorm::none) {
    const bool whole = a.qk_norm == QkNorm::whole;
    add(names_.query_norm, whole ? a.query_width() : a.heads.head_dim, &LayerWeights::query_norm);
    add(names_.key_norm, whole ? a.kv_width() : a.heads.head_dim, &LayerWeights::key_norm);
  }
  return norms;
}

WeightReader::Part WeightReader::plain_part(LayerIndex layer, std::string_view name, int64_t rows,
                                            int64_t cols, bool bias) const {
  Part part;
  part.name = layer_name(layer, name);
  part.transposed = names_.transposed;
  part.shape = part.transposed ? std::vector{cols, rows} : std::vector{rows, cols};
  part.rows = rows;
  part.cols = cols;
  part.block = part.stride = rows;
  part.bias = bias ? rows : 0;
  return part;
}

std::vector<WeightReader::Part> WeightReader::query_key_value_parts(LayerIndex layer) const {
  const Architecture& a = architecture_;
  const int64_t q = a.query_width();
  const int64_t kv = a.kv_width();
  const bool bias = a.query_key_value_bias;
  if (names_.qkv_storage == QkvStorage::separate) {
    return {plain_part(layer, names_.query, q, a.hidden_size, bias),
            plain_part(layer, names_.key, kv, a.hidden_size, bias),
            plain_part(layer, names_.value, kv, a.hidden_size, bias)};
  }
  Part all = plain_part(layer, names_.query_key_value, q + 2 * kv, a.hidden_size, bias);
  if (names_.qkv_storage == QkvStorage::stacked) return {all};
  // Per head: as many key and value heads as query heads, the three vectors side by side.
  std::vector<Part> parts(3, all);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].rows = q;
    parts[i].block = a.heads.head_dim;
    parts[i].stride = 3 * a.heads.head_dim;
    parts[i].first = static_cast<int64_t>(i) * a.heads.head_dim;
  }
  return parts;
}

std::vector<WeightReader::Part> WeightReader::attention_output_parts(LayerIndex layer) const {
  return {plain_part(layer, names_.attention_output, architecture_.hidden_size,
                     architecture_.query_width(), architecture_.attention_output_bias)};
}

// None without a gate.
std::vector<WeightReader::Part> WeightReader::gate_parts(LayerIndex layer) const {
  const FeedForward& f = architecture_.feed_forward;
  if (!f.gated) return {};
  if (names_.gate_up.empty()) {
    return {plain_part(layer, names_.gate, f.size, architecture_.hidden_size, f.bias)};
  }
  Part part = plain_part(layer, names_.gate_up, 2 * f.size, architecture_.hidden_size, f.bias);
  part.rows = f.size;
  return {part};
}

std::vector<WeightReader::Part> WeightReader::up_parts(LayerIndex layer) const {
  const FeedForward& f = architecture_.feed_forward;
  if (!f.gated || names_.gate_up.empty()) {
    return {plain_part(layer, names_.up, f.size, architecture_.hidden_size, f.bias)};
  }
  std::vector<Part> parts = gate_parts(layer);
  parts.front().first = f.size;
  return parts;
}

std::vector<WeightReader::Part> WeightReader::down_parts(LayerIndex layer) const {
  const FeedForward& f = architecture_.feed_forward;
  return {plain_part(layer, names_.down, architecture_.hidden_size, f.size, f.bias)};
}

std::vector<WeightReader::Part> WeightReader::router_parts(LayerIndex layer) const {
  return {plain_part(layer, names_.router, architecture_.experts.count, architecture_.hidden_size,
                     false)};
}

std::vector<WeightReader::Part> WeightReader::expert_parts(LayerIndex layer, std::string_view name,
                                                           int64_t expert, int64_t rows,
                                                           int64_t cols) const {
  if (name.find("{}") != std::string_view::npos) {
    return {plain_part(layer, fmt::format(fmt::runtime(name), expert), rows, cols, false)};
  }
  Part part = plain_part(layer, name, rows, cols, false);
  part.shape.insert(part.shape.begin(), architecture_.experts.count);
  part.first = checked_multiply(expert, rows, part.name);
  return {part};
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

std::vector<float> WeightReader::vector(const std::string& name, int64_t size) const {
  const formats::Tensor& tensor = this->tensor(name, std::array{size});
  std::vector<float> values(static_cast<std::size_t>(size));
  formats::to_float32(tensor.dtype, tensor.bytes, values);
  return values;
}

NormWeights WeightReader::norm(const std::string& name, int64_t size) const {
  NormWeights norm{vector(name + ".weight", size), {}};
  for (float& w : norm.weight) w += architecture_.norm_weight_offset;
  if (architecture_.norm == NormKind::layer) norm.bias = vector(name + ".bias", size);
  return norm;
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

void WeightReader::check_parts(const std::vector<Part>& parts) const {
  for (const Part& part : parts) {
    tensor(part.name + ".weight", part.shape);
    if (part.bias > 0) tensor(part.name + ".bias", std::array{part.bias});
  }
}

void WeightReader::check() const {
  const Architecture& a = architecture_;
  embedding();
  if (a.learned_positions) positions();
  output_head();
  final_norm();
  for (int32_t i = 0; i < a.layers; ++i) {
    const LayerIndex layer{i};
    for (const Norm& n : norms_of(layer)) norm(n.name, n.size);
    check_parts(query_key_value_parts(layer));
    check_parts(attention_output_parts(layer));
    if (!a.layer[static_cast<std::size_t>(i)].experts) {
      check_parts(gate_parts(layer));
      check_parts(up_parts(layer));
      check_parts(down_parts(layer));
      continue;
    }
    check_parts(router_parts(layer));
    const bool stacked = names_.expert_gate.find("{}") == std::string_view::npos;
    for (int64_t e = 0; e < (stacked ? 1 : a.experts.count); ++e) {
      check_parts(expert_parts(layer, names_.expert_gate, e, a.experts.size, a.hidden_size));
      check_parts(expert_parts(layer, names_.expert_up, e, a.experts.size, a.hidden_size));
      check_parts(expert_parts(layer, names_.expert_down, e, a.hidden_size, a.experts.size));
    }
  }
}

// Rows [first, first + out.rows()) of a part.
void WeightReader::read_part(const Part& part, int64_t first, MatrixView<float> out) const {
  const formats::Tensor& tensor = this->tensor(part.name + ".weight", part.shape);
  if (!part.transposed) {
    for (int64_t r = 0; r < out.rows(); ++r) {
      read_rows(tensor, part.source_row(first + r), out.rows(r, 1));
    }
    return;
  }
  // Row r of the result is a column of the tensor. Of a plain type only the columns between the
  // first and the last one needed are converted.
  int64_t begin = part.source_row(first);
  int64_t end = begin + 1;
  for (int64_t r = 0; r < out.rows(); ++r) {
    begin = std::min(begin, part.source_row(first + r));
    end = std::max(end, part.source_row(first + r) + 1);
  }
  const int64_t stored_columns = part.shape.back();
  if (formats::elements_per_block(tensor.dtype) != 1) {
    begin = 0;
    end = stored_columns;
  }
  const auto at = [&](int64_t row, int64_t column) {
    return static_cast<std::size_t>(
        formats::bytes_for(tensor.dtype, row * stored_columns + column, tensor.name));
  };
  std::vector<float> stored(static_cast<std::size_t>(end - begin));
  for (int64_t c = 0; c < out.cols(); ++c) {
    formats::to_float32(tensor.dtype, tensor.bytes.subspan(at(c, begin), at(c, end) - at(c, begin)),
                        stored);
    for (int64_t r = 0; r < out.rows(); ++r) {
      out(r, c) = stored[static_cast<std::size_t>(part.source_row(first + r) - begin)];
    }
  }
}

void WeightReader::read_linear(const std::vector<Part>& parts, Linear& linear,
                               const Execution& execution) const {
  if (parts.empty()) {
    linear = {};
    return;
  }
  int64_t rows = 0;
  linear.bias.clear();
  for (const Part& part : parts) {
    rows += part.rows;
    if (part.bias == 0) continue;
    const auto bias = vector(part.name + ".bias", part.bias);
    for (int64_t r = 0; r < part.rows; ++r) {
      linear.bias.push_back(bias[static_cast<std::size_t>(part.source_row(r))]);
    }
  }
  const int64_t cols = parts.front().cols;
  linear.products = &products_;
  products_.resize(linear.weight, cols, rows);

  // A task's rows may come from several parts, one below the other.
  const int64_t tasks = (rows + rows_per_task - 1) / rows_per_task;
  execution.for_each(tasks, [&](int64_t task, int) {
    const int64_t begin = task * rows_per_task;
    const int64_t count = std::min(rows_per_task, rows - begin);
    thread_local Matrix<float> converted;  // as large as the largest task's rows
    if (converted.size() < count * cols) converted = Matrix<float>::uninitialised(1, count * cols);
    const MatrixView<float> out(converted.data(), count, cols);
    int64_t at = 0;  // first row of the part
    for (const Part& part : parts) {
      const int64_t first = std::max(begin, at);
      const int64_t last = std::min(begin + count, at + part.rows);
      if (first < last) read_part(part, first - at, out.rows(first - begin, last - first));
      at += part.rows;
    }
    products_.pack_columns(linear.weight, begin, linalg::Op::transpose, out);
  });
  for (const Part& part : parts) {
    // Of a stack of experts, only what was read.
    formats::Tensor read = tensor(part.name + ".weight", part.shape);
    if (part.shape.size() == 3) {
      const auto bytes = read.bytes.size() / static_cast<std::size_t>(part.shape.front());
      read.bytes =
          read.bytes.subspan(static_cast<std::size_t>(part.first / part.rows) * bytes, bytes);
    }
    file_.release(read);
  }
}

void WeightReader::release_rows(const formats::Tensor& tensor, int64_t first, int64_t count) const {
  const auto row_bytes = tensor.bytes.size() / static_cast<std::size_t>(tensor.shape.front());
  formats::Tensor part = tensor;
  part.bytes = tensor.bytes.subspan(static_cast<std::size_t>(first) * row_bytes,
                                    static_cast<std::size_t>(count) * row_bytes);
  file_.release(part);
}

void WeightReader::read_layer(LayerIndex layer, LayerWeights& weights,
                              const Execution& execution) const {
  for (const Norm& n : norms_of(layer)) weights.*n.target = norm(n.name, n.size);
  read_linear(query_key_value_parts(layer), weights.query_key_value, execution);
  read_linear(attention_output_parts(layer), weights.attention_output, execution);
  if (architecture_.layer[static_cast<std::size_t>(layer.value)].experts) {
    weights.feed_forward = {};
    read_linear(router_parts(layer), weights.router, execution);
  } else {
    read_linear(gate_parts(layer), weights.feed_forward.gate, execution);
    read_linear(up_parts(layer), weights.feed_forward.up, execution);
    read_linear(down_parts(layer), weights.feed_forward.down, execution);
  }
}

void WeightReader::read_expert(LayerIndex layer, int64_t expert, FeedForwardWeights& weights,
                               const Execution& execution) const {
  const Experts& e = architecture_.experts;
  const int64_t hidden = architecture_.hidden_size;
  const auto parts = [&](std::string_view name, int64_t rows, int64_t cols) {
    return expert_parts(layer, name, expert, rows, cols);
  };
  read_linear(parts(names_.expert_gate, e.size, hidden), weights.gate, execution);
  read_linear(parts(names_.expert_up, e.size, hidden), weights.up, execution);
  read_linear(parts(names_.expert_down, hidden, e.size), weights.down, execution);
}

NormWeights WeightReader::final_norm() const {
  if (!architecture_.final_norm) return {};
  return norm(fmt::format("{}{}", base_prefix_, names_.final_norm), architecture_.hidden_size);
}

const formats::Tensor& WeightReader::embedding() const {
  return tensor(fmt::format("{}{}.weight", base_prefix_, names_.embedding),
                std::array{architecture_.vocabulary, architecture_.hidden_size});
}

const formats::Tensor& WeightReader::positions() const {
  return tensor(fmt::format("{}{}.weight", base_prefix_, names_.positions),
                std::array{architecture_.max_positions + architecture_.position_offset,
                           architecture_.hidden_size});
}

const formats::Tensor& WeightReader::output_head() const {
  if (architecture_.tied_embeddings) return embedding();
  return tensor(fmt::format("{}.weight", names_.output_head),
                std::array{architecture_.vocabulary, architecture_.hidden_size});
}

bool NormWeights::apply(const Architecture& a, ConstMatrixView<float> x,
                        MatrixView<float> out) const {
  return a.norm == NormKind::rms ? ops::rms_norm(x, weight, a.norm_epsilon, out)
                                 : ops::layer_norm(x, weight, bias, a.norm_epsilon, out);
}

}  // namespace aqua::model
