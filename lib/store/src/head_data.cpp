#include "head_data.hpp"

#include <cmath>
#include <utility>

#include "aqua/core/error.hpp"

namespace aqua::store {
namespace {

projection::RFactor read_factor(const InputFile& file, const HeadData& data, int64_t head,
                                int64_t dim, int64_t count) {
  Matrix<double> factor = matrix_of(data, head, dim);
  for (int64_t r = 0; r < dim; ++r) {
    for (int64_t c = 0; c < r; ++c) {
      if (factor(r, c) != 0.0) {
        file.fail_at(data.dataset, "expected upper-triangular matrices, found {} at [{}, {}, {}]",
                     factor(r, c), head, r, c);
      }
    }
  }
  return {std::move(factor), count};
}

std::vector<int64_t> read_counts(const InputFile& file, const std::string& dataset,
                                 int64_t kv_heads) {
  std::vector<int64_t> counts = file.read<int64_t>(dataset, std::array{kv_heads});
  for (const int64_t count : counts) {
    if (count < 0) file.fail_at(dataset, "expected counts, none negative, found {}", count);
  }
  return counts;
}

}  // namespace

HeadData read_finite(const InputFile& file, const std::string& dataset,
                     std::span<const int64_t> shape) {
  HeadData data{dataset, file.read<double>(dataset, shape)};
  for (const double value : data.values) {
    if (!std::isfinite(value)) file.fail_at(dataset, "expected finite numbers, found {}", value);
  }
  return data;
}

Matrix<double> matrix_of(const HeadData& data, int64_t head, int64_t dim) {
  return Matrix<double>::copy_of(
      ConstMatrixView<double>(data.values.data() + head * dim * dim, dim, dim));
}

std::vector<projection::HeadStatistics> read_statistics(const InputFile& file,
                                                        const std::string& site,
                                                        const HeadLayout& layout) {
  const int64_t dim = layout.head_dim;
  const std::array matrices{layout.kv_heads, dim, dim};
  const HeadData r_query = read_finite(file, site + "/r_query", matrices);
  const HeadData r_key = read_finite(file, site + "/r_key", matrices);
  const auto query_counts = read_counts(file, site + "/count_query", layout.kv_heads);
  const auto key_counts = read_counts(file, site + "/count_key", layout.kv_heads);
  std::vector<projection::HeadStatistics> heads;
  for (int64_t head = 0; head < layout.kv_heads; ++head) {
    const auto index = static_cast<std::size_t>(head);
    projection::HeadStatistics& statistics = heads.emplace_back();
    statistics.query = read_factor(file, r_query, head, dim, query_counts[index]);
    statistics.key = read_factor(file, r_key, head, dim, key_counts[index]);
  }
  return heads;
}

void write_statistics(OutputFile& file, const std::string& site,
                      const std::vector<const projection::HeadStatistics*>& heads,
                      const HeadLayout& layout) {
  const int64_t dim = layout.head_dim;
  const std::array matrices{layout.kv_heads, dim, dim};
  const auto write = [&](const char* name,
                         projection::RFactor projection::HeadStatistics::*factor) {
    std::vector<double> values;
    std::vector<int64_t> counts;
    for (const projection::HeadStatistics* head : heads) {
      const projection::RFactor& held = head->*factor;
      if (held.dim() != dim) {
        throw Error(fmt::format("{}: expected [{}, {}] matrices to write, found [{}, {}]", site,
                                dim, dim, held.dim(), held.dim()));
      }
      for (int64_t r = 0; r < dim; ++r) {
        values.insert(values.end(), held.r().row(r).begin(), held.r().row(r).end());
      }
      counts.push_back(held.count());
    }
    file.dataset<double>(fmt::format("{}/r_{}", site, name), matrices, values);
    file.dataset<int64_t>(fmt::format("{}/count_{}", site, name), std::array{layout.kv_heads},
                          counts);
  };
  write("query", &projection::HeadStatistics::query);
  write("key", &projection::HeadStatistics::key);
}

}  // namespace aqua::store
