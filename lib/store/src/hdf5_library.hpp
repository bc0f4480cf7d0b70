// What every use of the HDF5 library needs: one caller at a time, handles that close themselves,
// and its errors as text.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

namespace aqua::store {

/// Held around every sequence of HDF5 calls. The library keeps process-wide state and need not be
/// built thread-safe, so the lock is process-wide, too; it is recursive so that methods can call
/// each other. While it is held, the library does not print its errors.
class Hdf5Lock {
 public:
  Hdf5Lock();
  ~Hdf5Lock();
  Hdf5Lock(const Hdf5Lock&) = delete;
  Hdf5Lock& operator=(const Hdf5Lock&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_argument_ = nullptr;
};

/// An HDF5 identifier and the function that closes it, under the lock.
class Handle {
 public:
  using CloseFunction = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, CloseFunction function) : id_(id), close_(function) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { close(); }

  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  /// Whether it was open and closed without an error.
  bool close();

 private:
  hid_t id_ = H5I_INVALID_HID;
  CloseFunction close_ = nullptr;
};

/// The library's error stack in one phrase: what failed, and the innermost cause.
std::string hdf5_error();

/// T in memory.
template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, double>) {
    return H5T_NATIVE_DOUBLE;
  } else if constexpr (std::is_same_v<T, float>) {
    return H5T_NATIVE_FLOAT;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return H5T_NATIVE_INT64;
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return H5T_NATIVE_UINT64;
  } else {
    static_assert(std::is_same_v<T, int32_t>);
    return H5T_NATIVE_INT32;
  }
}

/// T in a file: little-endian everywhere.
template <class T>
hid_t file_type() {
  if constexpr (std::is_same_v<T, double>) {
    return H5T_IEEE_F64LE;
  } else if constexpr (std::is_same_v<T, float>) {
    return H5T_IEEE_F32LE;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return H5T_STD_I64LE;
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return H5T_STD_U64LE;
  } else {
    static_assert(std::is_same_v<T, int32_t>);
    return H5T_STD_I32LE;
  }
}

/// The kind of number that T is, of any size.
template <class T>
H5T_class_t number_class() {
  return std::is_floating_point_v<T> ? H5T_FLOAT : H5T_INTEGER;
}

/// IEEE binary16 in files, little-endian.
Handle half_type();

/// A UTF-8 string of any length, in memory and in files.
Handle string_type();

}  // namespace aqua::store
