// The calibration file: everything that calibration learned about a model, in HDF5.
//
//   /                          attributes: format = "aqua-calibration", format_version, model_*,
//                              provenance (see docs/formats.md)
//   /layers/NNN/post_rope/     NNN: layer index in three digits or more; also /pre_rope
//     basis            [H_kv, d, d]  float64  AQUA projection P, row-vector convention q·P
//     singular_values  [H_kv, d]     float64  Σ of X = [Q; K]
//     r_query, r_key   [H_kv, d, d]  float64  upper-triangular factors
//     count_query, count_key  [H_kv] int64    rows behind each factor
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/projection/basis.hpp"
#include "aqua/projection/r_factor.hpp"

namespace aqua::store {

/// One KV head at one site.
struct CalibratedHead {
  projection::HeadStatistics statistics;
  projection::Basis aqua;
};

/// [KV head] by (layer, site).
using SiteKey = std::pair<LayerIndex, capture::Site>;

struct Calibration {
  capture::ModelFacts model;
  Provenance provenance;
  std::map<SiteKey, std::vector<CalibratedHead>> heads;
};

/// Writes whole or not at all.
void write_calibration(const std::filesystem::path& path, const Calibration& calibration);

/// Whether reading checks what the numbers mean: orthogonal bases (‖PᵀP−I‖ <= 1e-9), falling
/// singular values.
enum class Trust { check, believe };

/// Reads and checks: format and version, shapes against the head layout, finite values, triangular
/// factors, and what `trust` says. FormatError names file, dataset, expected, found.
Calibration read_calibration(const std::filesystem::path& path, Trust trust = Trust::check);

/// Whether the file is HDF5 and says that it is a calibration; for inspect and for helpful
/// messages.
bool is_calibration(const std::filesystem::path& path);

}  // namespace aqua::store
