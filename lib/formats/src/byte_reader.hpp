// Reading a binary file front to back, with every length checked against what is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "aqua/core/error.hpp"

namespace aqua::formats {

/// A cursor over bytes that carries the file's name for messages.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view file)
      : bytes_(bytes), file_(file) {}

  /// Bytes read so far.
  uint64_t position() const { return position_; }
  uint64_t left() const { return bytes_.size() - position_; }
  std::string_view file() const { return file_; }

  /// `what` names the thing in the message of a truncated file.
  std::span<const std::byte> take(uint64_t count, std::string_view what) {
    if (count > left()) {
      fail<FormatError>("{}: {}: expected {} bytes at offset {}, found {}: the file is truncated",
                        file_, what, count, position_, left());
    }
    const auto part = bytes_.subspan(position_, count);
    position_ += count;
    return part;
  }

  /// A little-endian number.
  template <class T>
  requires std::is_arithmetic_v<T> T number(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }

  /// A 64-bit length and that many bytes.
  std::string string(std::string_view what) {
    const auto length = number<uint64_t>(what);
    const auto part = take(length, what);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view file_;
  uint64_t position_ = 0;
};

}  // namespace aqua::formats
