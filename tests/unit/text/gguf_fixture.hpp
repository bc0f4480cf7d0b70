// GGUF files without tensors, for tests of the tokenizers in them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace aqua::text::test {

/// Collects metadata and gives the bytes of a version 3 file.
class GgufBytes {
 public:
  GgufBytes& text(std::string_view key, std::string_view value) {
    begin(key, kString);
    put_string(value);
    return *this;
  }
  GgufBytes& boolean(std::string_view key, bool value) {
    begin(key, kBool);
    put<uint8_t>(value ? 1 : 0);
    return *this;
  }
  GgufBytes& number(std::string_view key, uint32_t value) {
    begin(key, kUint32);
    put(value);
    return *this;
  }
  GgufBytes& texts(std::string_view key, const std::vector<std::string>& values) {
    begin_array(key, kString, values.size());
    for (const std::string& value : values) put_string(value);
    return *this;
  }
  GgufBytes& floats(std::string_view key, const std::vector<float>& values) {
    begin_array(key, kFloat32, values.size());
    for (const float value : values) put(value);
    return *this;
  }
  GgufBytes& integers(std::string_view key, const std::vector<int32_t>& values) {
    begin_array(key, kInt32, values.size());
    for (const int32_t value : values) put(value);
    return *this;
  }

  std::string bytes() const {
    GgufBytes header;
    header.put<uint32_t>(0x46554747);  // "GGUF"
    header.put<uint32_t>(3);
    header.put<uint64_t>(0);  // tensors
    header.put<uint64_t>(count_);
    return header.bytes_ + bytes_;
  }

 private:
  enum Type : uint32_t {
    kUint32 = 4,
    kInt32 = 5,
    kFloat32 = 6,
    kBool = 7,
    kString = 8,
    kArray = 9,
  };

  template <class T>
  void put(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
  }
  void put_string(std::string_view value) {
    put<uint64_t>(value.size());
    bytes_ += value;
  }
  void begin(std::string_view key, Type type) {
    ++count_;
    put_string(key);
    put<uint32_t>(type);
  }
  void begin_array(std::string_view key, Type type, std::size_t count) {
    begin(key, kArray);
    put<uint32_t>(type);
    put<uint64_t>(count);
  }

  std::string bytes_;
  uint64_t count_ = 0;
};

}  // namespace aqua::text::test
