// Projection files for other runtimes. A new format is a file in lib/export/src and a line in
// export_formats().
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "aqua/capture/event.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::exporter {

struct ExportOptions {
  std::string method = "aqua";  ///< a name of basis_methods()
  capture::Site site = capture::Site::post_rope;
  uint64_t seed = 0;  ///< for methods that draw
};

/// A format that projections can be written in. `write` makes the file whole or not at all;
/// UsageError when the method does not exist or the calibration lacks the site.
struct ExportFormat {
  std::string_view name;       ///< "safetensors", "hdf5"
  std::string_view extension;  ///< ".safetensors"
  std::string_view description;
  void (*write)(const store::Calibration&, const ExportOptions&,
                const std::filesystem::path&) = nullptr;
};

std::span<const ExportFormat> export_formats();
/// UsageError that lists the known names.
const ExportFormat& export_format(std::string_view name);

}  // namespace aqua::exporter
