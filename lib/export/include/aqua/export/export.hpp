// Projection files for other runtimes. A new format is a file in lib/export/src and a line in
// export_formats().
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/projection/basis.hpp"
#include "aqua/projection/plan.hpp"
#include "aqua/store/calibration.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::exporter {

struct ExportOptions {
  std::string method = "aqua";  ///< a name of basis_methods()
  capture::Site site = capture::Site::post_rope;
  uint64_t seed = 0;  ///< for methods that draw
  /// Layout of the vectors that the maps are for; none: as calibrated. Another layout permutes the
  /// rows of the maps.
  std::optional<capture::RopeLayout> rope_layout = {};
  store::MapType type = store::MapType::float32;
  /// AQUA-Memory: the trailing fraction of rotated dimensions that are never stored, in [0, 1).
  /// Only the leading m = d − floor(s_ratio·d) columns are exported.
  double s_ratio = 0.0;
  /// k of each KV head, for runtimes that keep fewer dimensions where that costs less; chosen on
  /// the same method's basis.
  std::optional<projection::Plan> plan = {};
};

/// The bases of the chosen method and site, [KV head] by layer. UsageError when the method does not
/// exist or the calibration lacks the site.
std::map<LayerIndex, std::vector<projection::Basis>> bases(const store::Calibration& calibration,
                                                           const ExportOptions& options);

/// The maps of the chosen method and site, rounded to the chosen type, and the attributes that say
/// what they are. UsageError when the method does not exist, the calibration lacks the site, there
/// is no rotary embedding to have a layout, the plan is for another model, basis or more dimensions
/// than are stored, or the type cannot hold the maps.
store::ProjectionFile assemble(const store::Calibration& calibration, const ExportOptions& options);

/// A format that projections can be written in. `write` makes the file whole or not at all.
struct ExportFormat {
  std::string_view name;       ///< "safetensors", "hdf5"
  std::string_view extension;  ///< ".safetensors"
  std::string_view description;
  bool bfloat16 = false;  ///< whether its readers know that type
  void (*write)(const store::ProjectionFile&, const std::filesystem::path&) = nullptr;
  /// Whether a file is in this format, by its first bytes.
  bool (*matches)(const std::filesystem::path&) = nullptr;
  /// Reads and checks as store::read_projection_file does.
  store::ProjectionFile (*read)(const std::filesystem::path&) = nullptr;
};

std::span<const ExportFormat> export_formats();
/// UsageError that lists the known names.
const ExportFormat& export_format(std::string_view name);
/// UsageError, naming the formats that can, unless the format can hold the type.
void require_type(const ExportFormat& format, store::MapType type);

/// The format of a file, by its first bytes; null when it is none of these.
const ExportFormat* format_of(const std::filesystem::path& path);

}  // namespace aqua::exporter
