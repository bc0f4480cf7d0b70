// The safetensors format: an 8-byte little-endian header length, a JSON header, then the data.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "aqua/core/atomic_file.hpp"
#include "aqua/formats/tensors.hpp"

namespace aqua::formats {

/// Opens one .safetensors file, or a model.safetensors.index.json and the shards it names (which
/// must lie beside it). Checks everything before use: header length, JSON, types, shapes, offsets
/// inside the file, sizes that agree with shapes, no overlap, names once. FormatError names file
/// and key.
std::unique_ptr<TensorFile> open_safetensors(const std::filesystem::path& path);

/// Writes a file that the `safetensors` package reads: tensors by falling element size and then by
/// name (so that all elements are aligned), data from a multiple of 64 bytes on, metadata strings
/// under
/// "__metadata__". The caller commits `file`.
void write_safetensors(AtomicFile& file, std::span<const NewTensor> tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata);

}  // namespace aqua::formats
