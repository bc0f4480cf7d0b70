#include "first_bytes.hpp"
#include "formats.hpp"

namespace aqua::exporter {
namespace {

void write_hdf5_file(const store::ProjectionFile& projection, const std::filesystem::path& path) {
  store::write_projection_file(path, projection);
}

bool is_hdf5_file(const std::filesystem::path& path) {
  return starts_with(path, "\x89HDF\r\n\x1a\n");
}

store::ProjectionFile read_hdf5_file(const std::filesystem::path& path) {
  return store::read_projection_file(path);
}

}  // namespace

ExportFormat hdf5_format() {
  return {.name = "hdf5",
          .extension = ".h5",
          .description = "HDF5: /layers/NNN/projection [H_kv, d, m], attributes at the root",
          .bfloat16 = false,
          .write = &write_hdf5_file,
          .matches = &is_hdf5_file,
          .read = &read_hdf5_file};
}

}  // namespace aqua::exporter
