// An HDF5 file being read, in which nothing is believed before it is checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/error.hpp"
#include "hdf5_library.hpp"

namespace aqua::store {

/// Objects are named by their absolute path. Every method may be called from any thread. Failures
/// are FormatErrors of the form `FILE: "/path": expected …, found …`. Memory is allocated only for
/// data whose shape the caller expects and whose bytes the file really has. Links that lead out of
/// the file are refused, as are data kept in other files.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);

  /// Whether the file exists and starts as HDF5 files do.
  static bool is_hdf5(const std::filesystem::path& path);

  const std::string& name() const { return name_; }

  bool has(const std::string& object) const;
  /// Names of a group's members, sorted.
  std::vector<std::string> members(const std::string& group) const;

  /// Names of an object's attributes, sorted.
  std::vector<std::string> attributes(const std::string& object) const;
  /// Whether there is such an attribute, and it is one string (one integer).
  bool has_string_attribute(const std::string& object, const char* name) const;
  bool has_int_attribute(const std::string& object, const char* name) const;
  std::string string_attribute(const std::string& object, const char* name) const;
  int64_t int_attribute(const std::string& object, const char* name) const;
  uint64_t unsigned_attribute(const std::string& object, const char* name) const;
  double double_attribute(const std::string& object, const char* name) const;
  std::vector<std::string> string_list_attribute(const std::string& object, const char* name) const;
  std::vector<int64_t> int_list_attribute(const std::string& object, const char* name) const;

  /// The only extent of a list.
  int64_t length(const std::string& dataset) const;
  /// Bytes of one number of a dataset.
  int64_t float_size(const std::string& dataset) const;
  /// Checks type class, shape and stored bytes without reading them. T is double or float (any
  /// floating type in the file), int64_t or int32_t (any integer type).
  template <class T>
  void check(const std::string& dataset, std::span<const int64_t> shape) const;
  /// Checks, then reads all of it, converted to T.
  template <class T>
  std::vector<T> read(const std::string& dataset, std::span<const int64_t> shape) const;
  /// Reads rows [first, first + count) of a dataset that `check` has passed; out holds them
  /// exactly.
  void read_rows(const std::string& dataset, int64_t first, int64_t count,
                 std::span<float> out) const;
  /// A list of strings of that length.
  std::vector<std::string> read_strings(const std::string& dataset, int64_t count) const;

  /// Throws a FormatError about one object: `FILE: "OBJECT": …`.
  template <class... Args>
  [[noreturn]] void fail_at(std::string_view object, fmt::format_string<Args...> format,
                            Args&&... args) const {
    fail<FormatError>("{}: \"{}\": {}", name_, object,
                      fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  /// The shortest part of a path that does not exist; empty when all of it does. A link that is not
  /// the object itself is a FormatError.
  std::string first_missing(const std::string& object) const;
  Handle open(const std::string& object) const;
  Handle open_dataset(const std::string& dataset) const;
  Handle open_attribute(const std::string& object, const char* name) const;
  bool has_single(const std::string& object, const char* name, H5T_class_t type_class) const;
  template <class T>
  T number_attribute(const std::string& object, const char* name) const;
  void check_class(hid_t type, H5T_class_t expected, std::string_view what) const;
  void check_bytes(const Handle& dataset, int64_t elements, std::string_view what) const;
  std::vector<int64_t> extents(hid_t space, std::string_view what) const;
  /// Reads `count` strings of an attribute or dataset, of fixed or variable length, through
  /// `read(memory type, buffer)`.
  std::vector<std::string> strings(hid_t type, int64_t count, std::string_view what,
                                   const std::function<herr_t(hid_t, void*)>& read) const;
  /// `FILE: "what"`, as messages of checked arithmetic start.
  std::string context(std::string_view what) const;

  std::string name_;
  int64_t file_size_ = 0;
  Handle file_;
};

}  // namespace aqua::store
