#include "aqua/formats/npz.hpp"

#include "formats.hpp"
#include "named_tensors.hpp"

namespace aqua::exporter {
namespace {

void write_npz_file(const store::ProjectionFile& projection, const std::filesystem::path& path) {
  const NamedTensors named = to_tensors(projection, hugging_face_names);
  AtomicFile file(path);
  formats::write_npz(file, projection.attributes, named.tensors);
  file.commit();
}

store::ProjectionFile read_npz_file(const std::filesystem::path& path) {
  const auto file = formats::open_npz(path);
  Attributes attributes(file->scalars().begin(), file->scalars().end());
  return from_tensors(*file, std::move(attributes), hugging_face_names);
}

}  // namespace

ExportFormat npz_format() {
  return {.name = "npz",
          .extension = ".npz",
          .description =
              "NPZ of NumPy: the names of safetensors, attributes as arrays without "
              "dimensions",
          .bfloat16 = false,
          .write = &write_npz_file,
          .matches = &formats::is_zip,
          .read = &read_npz_file};
}

}  // namespace aqua::exporter
