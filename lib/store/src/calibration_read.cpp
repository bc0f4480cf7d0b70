#include <array>
#include <cmath>

#include "aqua/linalg/blas.hpp"
#include "aqua/store/calibration.hpp"
#include "facts.hpp"
#include "head_data.hpp"
#include "input_file.hpp"

namespace aqua::store {
namespace {

constexpr double orthogonality_tolerance = 1e-9;

/// PᵀP = I.
void check_basis(const InputFile& file, const HeadData& data, int64_t head,
                 const Matrix<double>& basis) {
  const int64_t dim = basis.rows();
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
}

void check_singular_values(const InputFile& file, const HeadData& data, int64_t head,
                           const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0.0 || (i > 0 && values[i] > values[i - 1])) {
      file.fail_at(data.dataset,
                   "expected falling numbers, none negative, for head {}, found {} at {}", head,
                   values[i], i);
    }
  }
}

std::vector<CalibratedHead> read_site(const InputFile& file, const std::string& site,
                                      const HeadLayout& layout, Trust trust) {
  const int64_t dim = layout.head_dim;
  const std::array matrices{layout.kv_heads, dim, dim};
  const HeadData basis = read_finite(file, site + "/basis", matrices);
  const HeadData singular_values =
      read_finite(file, site + "/singular_values", std::array{layout.kv_heads, dim});
  auto statistics = read_statistics(file, site, layout);
  std::vector<CalibratedHead> heads;
  for (int64_t head = 0; head < layout.kv_heads; ++head) {
    CalibratedHead calibrated;
    calibrated.statistics = std::move(statistics[static_cast<std::size_t>(head)]);
    calibrated.aqua.query_map = matrix_of(basis, head, dim);
    calibrated.aqua.key_map = calibrated.aqua.query_map.clone();
    const auto* sigma = singular_values.values.data() + head * dim;
    calibrated.aqua.singular_values.assign(sigma, sigma + dim);
    if (trust == Trust::check) {
      check_basis(file, basis, head, calibrated.aqua.query_map);
      check_singular_values(file, singular_values, head, calibrated.aqua.singular_values);
    }
    heads.push_back(std::move(calibrated));
  }
  return heads;
}

}  // namespace

Calibration read_calibration(const std::filesystem::path& path, Trust trust) {
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
                                read_site(file, group, calibration.model.heads, trust));
    }
    if (!found) file.fail_at(layer_path(layer), "expected pre_rope or post_rope, found neither");
  }
  return calibration;
}

bool is_calibration(const std::filesystem::path& path) {
  return has_format(path, calibration_format);
}

}  // namespace aqua::store
