#include "sentencepiece/wire.hpp"

#include <bit>

#include "aqua/core/error.hpp"

namespace aqua::text {
namespace {

void append_varint(std::string& message, uint64_t value) {
  for (; value > 0x7F; value >>= 7) message.push_back(static_cast<char>((value & 0x7F) | 0x80));
  message.push_back(static_cast<char>(value));
}

}  // namespace

void WireReader::fail_malformed(std::string_view problem) const {
  fail<FormatError>("{}: {} at byte {}", context_, problem, size_ - rest_.size());
}

uint64_t WireReader::varint() {
  constexpr int longest = 10;
  uint64_t value = 0;
  for (int i = 0; i < longest; ++i) {
    if (rest_.empty()) fail_malformed("cut off");
    const auto byte = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7Fu) << 7 * i;
    if (byte < 0x80) return value;
  }
  fail_malformed("not a number");
}

uint64_t WireReader::fixed(std::size_t bytes) {
  if (rest_.size() < bytes) fail_malformed("cut off");
  uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(rest_[i])) << 8 * i;
  }
  rest_.remove_prefix(bytes);
  return value;
}

std::optional<WireField> WireReader::next() {
  if (rest_.empty()) return std::nullopt;
  const uint64_t tag = varint();
  WireField field;
  if (tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) fail_malformed("not a field");
  field.number = static_cast<uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0:
      field.kind = WireField::Kind::varint;
      field.value = varint();
      break;
    case 1:
      field.kind = WireField::Kind::fixed64;
      field.value = fixed(8);
      break;
    case 2: {
      field.kind = WireField::Kind::bytes;
      const uint64_t size = varint();
      if (size > rest_.size()) fail_malformed("cut off");
      field.bytes = rest_.substr(0, size);
      rest_.remove_prefix(size);
      break;
    }
    case 5:
      field.kind = WireField::Kind::fixed32;
      field.value = fixed(4);
      break;
    default:
      fail_malformed("not a field");
  }
  return field;
}

void append_varint_field(std::string& message, uint32_t number, uint64_t value) {
  append_varint(message, uint64_t{number} << 3);
  append_varint(message, value);
}

void append_float_field(std::string& message, uint32_t number, float value) {
  append_varint(message, uint64_t{number} << 3 | 5);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i) message.push_back(static_cast<char>(bits >> 8 * i & 0xFF));
}

void append_bytes_field(std::string& message, uint32_t number, std::string_view bytes) {
  append_varint(message, uint64_t{number} << 3 | 2);
  append_varint(message, bytes.size());
  message += bytes;
}

}  // namespace aqua::text
