// The projection file in HDF5: bases for a runtime to load, without the statistics behind them.
//
//   /                   attributes as given, each a string or an int64
//   /layers/NNN/projection         [H_kv, d, d]  float32  P, row-vector convention q·P and k·P
//   /layers/NNN/singular_values    [H_kv, d]     float32  (if the method has any)
//   Where queries and keys have different maps (KQ-SVD), query_projection and key_projection stand
//   in place of projection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::store {

/// One layer's maps, all KV heads one after the other.
struct ProjectionLayer {
  LayerIndex layer;
  std::vector<float> query_map;        ///< [H_kv, d, d]; both maps when key_map is empty
  std::vector<float> key_map;          ///< [H_kv, d, d], or empty: the same as query_map
  std::vector<float> singular_values;  ///< [H_kv, d], or empty
};

/// What a projection file holds, whatever its format.
struct ProjectionFile {
  using Value = std::variant<std::string, int64_t>;
  std::vector<std::pair<std::string, Value>> attributes;
  int64_t kv_heads = 0;                 ///< H_kv
  int64_t head_dim = 0;                 ///< d
  std::vector<ProjectionLayer> layers;  ///< increasing
};

/// Writes whole or not at all.
void write_projection_file(const std::filesystem::path& path, const ProjectionFile& file);

/// Reads and checks: format and version, shapes against the attributes num_key_value_heads,
/// head_dim and num_hidden_layers, finite numbers. Attributes come sorted by name; those that are
/// neither a string nor an integer are left out. FormatError names file, dataset, expected and
/// found.
ProjectionFile read_projection_file(const std::filesystem::path& path);

}  // namespace aqua::store
