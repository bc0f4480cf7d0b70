// What all formats write, assembled once.
#pragma once

#include "aqua/export/export.hpp"
#include "aqua/store/projection_file.hpp"

namespace aqua::exporter {

/// The bases of the chosen method and site in float32, and the attributes that say what they are.
/// UsageError when the method does not exist or the calibration lacks the site.
store::ProjectionFile assemble(const store::Calibration& calibration, const ExportOptions& options);

}  // namespace aqua::exporter
