// Projections for a runtime to load, without the statistics behind them: what such a file holds,
// whatever its format, and the file in HDF5.
//
//   /                   attributes as given, each a string or an int64
//   /layers/NNN/projection         [H_kv, d, m]  P, row-vector convention q·P and k·P
//   /layers/NNN/singular_values    [H_kv, m]     float32  (if the method has any)
//   /layers/NNN/kept               [H_kv]        int32    (if there is a plan)
//   Where queries and keys have different maps (KQ-SVD), query_projection and key_projection stand
//   in place of projection. Maps are float32 or float16.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aqua/core/heads.hpp"

namespace aqua::store {

/// One layer's maps, all KV heads one after the other.
struct ProjectionLayer {
  LayerIndex layer;
  std::vector<float> query_map;        ///< [H_kv, d, m]; both maps when key_map is empty
  std::vector<float> key_map;          ///< [H_kv, d, m], or empty: the same as query_map
  std::vector<float> singular_values;  ///< [H_kv, m], or empty
  std::vector<int32_t> kept;           ///< [H_kv] k of each head by a plan, or empty
};

/// How maps are stored. In memory they are float32 values that the type holds exactly.
enum class MapType { float32, float16, bfloat16 };
std::string_view name(MapType type);  ///< "float32", …
/// UsageError that lists the names.
MapType map_type_from_name(std::string_view name);

/// What a projection file holds, whatever its format.
struct ProjectionFile {
  using Value = std::variant<std::string, int64_t>;
  std::vector<std::pair<std::string, Value>> attributes;
  int64_t kv_heads = 0;  ///< H_kv
  int64_t head_dim = 0;  ///< d
  int64_t columns = 0;   ///< m, the dimensions that are kept of every rotated vector; m <= d
  MapType type = MapType::float32;
  std::vector<ProjectionLayer> layers;  ///< increasing

  /// Null when there is none of that name.
  const Value* attribute(std::string_view name) const;
};

/// Writes whole or not at all. UsageError for bfloat16, a type that HDF5 readers do not know.
void write_projection_file(const std::filesystem::path& path, const ProjectionFile& file);

/// Reads and checks: format and version, shapes against the attributes num_key_value_heads,
/// head_dim, stored_dims (d when it is missing) and num_hidden_layers, finite numbers, kept
/// dimensions from 1 to m. Attributes come sorted by name; those that are neither a string nor an
/// integer are left out. FormatError names file, dataset, expected and found.
ProjectionFile read_projection_file(const std::filesystem::path& path);

}  // namespace aqua::store
