// An HDF5 file being written, which appears whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/atomic_file.hpp"
#include "aqua/core/heads.hpp"
#include "hdf5_library.hpp"
#include "output_driver.hpp"

namespace aqua::store {

/// Objects are named by their absolute path; groups on the way are created. Every method may be
/// called from any thread. Every failure is a FormatError that names the final path; after one, the
/// file can only be destroyed. Contents depend on the calls alone: no time stamps.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::filesystem::path& path() const { return atomic_.final_path(); }

  void group(const std::string& group);

  /// A scalar attribute of a group or dataset.
  void attribute(const std::string& object, const char* name, std::string_view value);
  void attribute(const std::string& object, const char* name, int64_t value);
  void attribute(const std::string& object, const char* name, uint64_t value);
  void attribute(const std::string& object, const char* name, double value);
  /// An attribute that is a list.
  void attribute(const std::string& object, const char* name, std::span<const std::string> values);
  void attribute(const std::string& object, const char* name, std::span<const int64_t> values);

  /// A dataset and its contents; T is double, float, int64_t or int32_t.
  template <class T>
  void dataset(const std::string& dataset, std::span<const int64_t> shape,
               std::span<const T> values);
  /// A dataset of IEEE binary16 numbers; values are rounded by the library.
  void half_dataset(const std::string& dataset, std::span<const int64_t> shape,
                    std::span<const float> values);
  /// A list of strings.
  void dataset(const std::string& dataset, std::span<const std::string> values);

  /// A float32 dataset [tokens, heads, d] whose space is set aside now, so that the order of later
  /// writes does not change the file.
  void heads_dataset(const std::string& dataset, int64_t tokens, int64_t heads, int64_t head_dim);
  /// Writes tokens [first, first + values.tokens()) of it.
  void write_heads(const std::string& dataset, int64_t first, HeadsView<const float> values);

  /// Writes out everything, closes, checks, renames. Call once, last.
  void commit();

 private:
  Handle object(const std::string& path);
  template <class T>
  Handle create_dataset(const std::string& dataset, std::span<const int64_t> shape) {
    return create_dataset(dataset, shape, file_type<T>());
  }
  Handle create_dataset(const std::string& dataset, std::span<const int64_t> shape, hid_t type);
  void write_attribute(const std::string& object, const char* name, hid_t file_type,
                       hid_t memory_type, const Handle& space, const void* values);
  /// Throws when the library or the system has reported a failure.
  void check(bool success, std::string_view what);

  // In this order: the library's file is closed before what it writes to goes away.
  AtomicFile atomic_;
  OutputStatus status_;
  Handle link_creation_;
  Handle file_;
};

}  // namespace aqua::store
