#include "assemble.hpp"
#include "formats.hpp"

namespace aqua::exporter {
namespace {

void write(const store::Calibration& calibration, const ExportOptions& options,
           const std::filesystem::path& path) {
  store::write_projection_file(path, assemble(calibration, options));
}

}  // namespace

ExportFormat hdf5_format() {
  return {
      .name = "hdf5",
      .extension = ".h5",
      .description = "HDF5: /layers/NNN/projection [H_kv, d, d] float32, attributes at the root",
      .write = &write};
}

}  // namespace aqua::exporter
