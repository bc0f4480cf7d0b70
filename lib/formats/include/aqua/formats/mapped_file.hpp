// A file mapped read-only into memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace aqua::formats {

/// Maps the whole file; pages are read when touched. FormatError, naming the path, when it is
/// missing, unreadable, a folder or empty.
class MappedFile {
 public:
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Says that this part is not needed again soon, so that its pages stop counting as resident.
  /// Pages that it shares with a neighbour are kept. The bytes stay valid and are read again when
  /// touched.
  void release(std::span<const std::byte> part) const;

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace aqua::formats
