#include <array>

#include "aqua/core/error.hpp"
#include "aqua/store/calibration.hpp"
#include "facts.hpp"
#include "head_data.hpp"
#include "output_file.hpp"

namespace aqua::store {
namespace {

/// The heads' matrices, one after the other: [H_kv, d, d].
template <class MatrixOf>
std::vector<double> stacked(std::span<const CalibratedHead> heads, int64_t dim,
                            const std::string& what, MatrixOf matrix_of) {
  std::vector<double> values;
  values.reserve(heads.size() * static_cast<std::size_t>(dim * dim));
  for (const CalibratedHead& head : heads) {
    const ConstMatrixView<double> matrix = matrix_of(head);
    if (matrix.rows() != dim || matrix.cols() != dim) {
      throw Error(fmt::format("{}: expected [{}, {}] matrices to write, found [{}, {}]", what, dim,
                              dim, matrix.rows(), matrix.cols()));
    }
    for (int64_t r = 0; r < dim; ++r) {
      values.insert(values.end(), matrix.row(r).begin(), matrix.row(r).end());
    }
  }
  return values;
}

std::vector<double> stacked_singular_values(std::span<const CalibratedHead> heads, int64_t dim,
                                            const std::string& what) {
  std::vector<double> values;
  for (const CalibratedHead& head : heads) {
    if (std::cmp_not_equal(head.aqua.singular_values.size(), dim)) {
      throw Error(fmt::format("{}: expected {} singular values to write, found {}", what, dim,
                              head.aqua.singular_values.size()));
    }
    values.insert(values.end(), head.aqua.singular_values.begin(), head.aqua.singular_values.end());
  }
  return values;
}

void write_site(OutputFile& file, const std::string& site, std::span<const CalibratedHead> heads,
                const HeadLayout& layout) {
  if (std::cmp_not_equal(heads.size(), layout.kv_heads)) {
    throw Error(fmt::format("{}: expected {} KV heads to write, found {}", site, layout.kv_heads,
                            heads.size()));
  }
  const int64_t dim = layout.head_dim;
  const std::array matrices{layout.kv_heads, dim, dim};
  const std::array vectors{layout.kv_heads, dim};
  const auto write = [&](const char* name, std::span<const int64_t> shape,
                         const std::vector<double>& values) {
    file.dataset<double>(site + name, shape, values);
  };
  write("/basis", matrices, stacked(heads, dim, site, [](const CalibratedHead& head) {
          return head.aqua.query_map.view();
        }));
  write("/singular_values", vectors, stacked_singular_values(heads, dim, site));
  std::vector<const projection::HeadStatistics*> statistics;
  for (const CalibratedHead& head : heads) statistics.push_back(&head.statistics);
  write_statistics(file, site, statistics, layout);
}

}  // namespace

void write_calibration(const std::filesystem::path& path, const Calibration& calibration) {
  OutputFile file(path);
  write_format(file, calibration_format);
  write_model(file, calibration.model);
  write_provenance(file, calibration.provenance);
  for (const auto& [key, heads] : calibration.heads) {
    write_site(file, site_path(key.first, key.second), heads, calibration.model.heads);
  }
  file.commit();
}

}  // namespace aqua::store
