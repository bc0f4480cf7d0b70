// Output files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

namespace aqua {

/// A file being written under a temporary name beside its final one. `commit` flushes it to the
/// disk and renames it; if it is destroyed before that, the temporary file is removed and whatever
/// stood under the final name stays untouched. All errors are FormatErrors that name the final
/// path.
class AtomicFile {
 public:
  /// Creates the temporary file; fails when the folder is missing or not writable.
  explicit AtomicFile(std::filesystem::path final_path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where a library that wants a path (HDF5) writes; it must have closed the file before commit().
  const std::filesystem::path& temporary_path() const { return temporary_; }
  const std::filesystem::path& final_path() const { return final_; }

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// fsync, rename, fsync of the folder. Call once.
  void commit();

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

}  // namespace aqua
