// The NPZ format of NumPy: a zip archive of .npy arrays, one a member.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "aqua/core/atomic_file.hpp"
#include "aqua/formats/tensors.hpp"

namespace aqua::formats {

/// An array without dimensions: a text or an integer.
using NpzScalar = std::variant<std::string, int64_t>;

/// An NPZ file in memory; its arrays of at least one dimension are the tensors.
class NpzFile : public TensorFile {
 public:
  /// Arrays without dimensions, by name.
  virtual const std::map<std::string, NpzScalar, std::less<>>& scalars() const = 0;
};

/// Opens a file that numpy.savez or numpy.savez_compressed wrote, or write_npz. Checks everything
/// before use: the archive, the checksum of every member, the .npy headers, sizes that agree with
/// shapes, names once. Takes little-endian numbers in C order, and texts without dimensions;
/// FormatError names file and member for anything else.
std::unique_ptr<NpzFile> open_npz(const std::filesystem::path& path);

/// Whether the file starts as zip archives do.
bool is_zip(const std::filesystem::path& path);

/// Writes a file that numpy.load opens: members NAME.npy, stored, without time stamps, so that
/// equal contents give equal bytes. FormatError for a name twice and for bf16, which NumPy does not
/// have. The caller commits `file`. Memory: the size of the file.
void write_npz(AtomicFile& file, std::span<const std::pair<std::string, NpzScalar>> scalars,
               std::span<const NewTensor> tensors);

}  // namespace aqua::formats
