// Arrays with one part for each KV head, as calibrations and partial fits hold them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "aqua/core/heads.hpp"
#include "aqua/projection/r_factor.hpp"
#include "input_file.hpp"
#include "output_file.hpp"

namespace aqua::store {

/// One dataset [H_kv, d, d] or [H_kv, d], and what messages call it.
struct HeadData {
  std::string dataset;
  std::vector<double> values;
};

/// Of that shape, and finite.
HeadData read_finite(const InputFile& file, const std::string& dataset,
                     std::span<const int64_t> shape);
/// Head `head` of an array [H_kv, d, d].
Matrix<double> matrix_of(const HeadData& data, int64_t head, int64_t dim);

/// SITE/r_query, r_key, count_query and count_key, checked: finite, triangular, counts not
/// negative.
std::vector<projection::HeadStatistics> read_statistics(const InputFile& file,
                                                        const std::string& site,
                                                        const HeadLayout& layout);
/// [statistics of KV head]; all of them.
void write_statistics(OutputFile& file, const std::string& site,
                      const std::vector<const projection::HeadStatistics*>& heads,
                      const HeadLayout& layout);

}  // namespace aqua::store
