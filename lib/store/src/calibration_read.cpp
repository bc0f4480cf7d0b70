#include <array>
#include <cmath>

#include "aqua/linalg/blas.hpp"
#include "aqua/store/calibration.hpp"
#include "facts.hpp"
#include "input_file.hpp"

namespace aqua::store {
namespace {

constexpr double orthogonality_tolerance = 1e-9;

/// One dataset [H_kv, d, d] or [H_kv, d], and what messages call it.
struct HeadData {
  std::string dataset;
  std::vector<double> values;
};

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

/// The basis of one head: PᵀP = I.
Matrix<double> read_basis(const InputFile& file, const HeadData& data, int64_t head, int64_t dim) {
  Matrix<double> basis = matrix_of(data, head, dim);
  const Matrix<double> gram =
      linalg::product(linalg::Op::transpose, linalg::Op::none, basis, basis);
  double squares = 0.0;
  for (int64_t r = 0; r < dim; ++r) {
    for (int64_t c = 0; c < dim; ++c) {
      squares += std::pow(gram(r, c) - (r == c ? 1.0 : 0.0), 2);
    }
  }
  if (!(std::sqrt(squares) <= orthogonality_tolerance)) {
    file.fail_at(data.dataset,
                 "expected an orthogonal matrix for head {}, found ‖PᵀP−I‖ = {:.2g}, above {:g}",
                 head, std::sqrt(squares), orthogonality_tolerance);
  }
  return basis;
}

std::vector<double> read_singular_values(const InputFile& file, const HeadData& data, int64_t head,
                                         int64_t dim) {
  const auto* first = data.values.data() + head * dim;
  std::vector<double> values(first, first + dim);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0.0 || (i > 0 && values[i] > values[i - 1])) {
      file.fail_at(data.dataset,
                   "expected falling numbers, none negative, for head {}, found {} at {}", head,
                   values[i], i);
    }
  }
  return values;
}

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

std::vector<CalibratedHead> read_site(const InputFile& file, const std::string& site,
                                      const HeadLayout& layout) {
  const int64_t dim = layout.head_dim;
  const std::array matrices{layout.kv_heads, dim, dim};
  const HeadData basis = read_finite(file, site + "/basis", matrices);
  const HeadData singular_values =
      read_finite(file, site + "/singular_values", std::array{layout.kv_heads, dim});
  const HeadData r_query = read_finite(file, site + "/r_query", matrices);
  const HeadData r_key = read_finite(file, site + "/r_key", matrices);
  const auto query_counts = read_counts(file, site + "/count_query", layout.kv_heads);
  const auto key_counts = read_counts(file, site + "/count_key", layout.kv_heads);

  std::vector<CalibratedHead> heads;
  for (int64_t head = 0; head < layout.kv_heads; ++head) {
    const auto index = static_cast<std::size_t>(head);
    CalibratedHead calibrated;
    calibrated.statistics.query = read_factor(file, r_query, head, dim, query_counts[index]);
    calibrated.statistics.key = read_factor(file, r_key, head, dim, key_counts[index]);
    calibrated.aqua.query_map = read_basis(file, basis, head, dim);
    calibrated.aqua.key_map = calibrated.aqua.query_map.clone();
    calibrated.aqua.singular_values = read_singular_values(file, singular_values, head, dim);
    heads.push_back(std::move(calibrated));
  }
  return heads;
}

}  // namespace

Calibration read_calibration(const std::filesystem::path& path) {
  const InputFile file = open_format(path, calibration_format);
  Calibration calibration;
  calibration.model = read_model(file);
  calibration.provenance = read_provenance(file);
  for (const LayerIndex layer : read_layers(file, calibration.model.layers)) {
    bool found = false;
    for (const capture::Site site : {capture::Site::pre_rope, capture::Site::post_rope}) {
      const std::string group = site_path(layer, site);
      if (!file.has(group)) continue;
      found = true;
      calibration.heads.emplace(SiteKey{layer, site},
                                read_site(file, group, calibration.model.heads));
    }
    if (!found) file.fail_at(layer_path(layer), "expected pre_rope or post_rope, found neither");
  }
  return calibration;
}

bool is_calibration(const std::filesystem::path& path) {
  return has_format(path, calibration_format);
}

}  // namespace aqua::store
