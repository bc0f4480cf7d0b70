// The wire format of protocol buffers: a message is a list of numbered fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aqua::text {

struct WireField {
  uint32_t number = 0;
  uint64_t value = 0;      ///< of a varint, or the bits of a fixed-width number
  std::string_view bytes;  ///< of a text or message
  enum class Kind { varint, fixed64, bytes, fixed32 } kind = Kind::varint;
};

/// Reads the fields of one message.
class WireReader {
 public:
  /// `context` starts the messages of errors.
  WireReader(std::string_view message, std::string context)
      : rest_(message), size_(message.size()), context_(std::move(context)) {}

  /// The next field, nothing behind the last. FormatError, with the byte offset in the message,
  /// when it is cut off or malformed.
  std::optional<WireField> next();

 private:
  uint64_t varint();
  uint64_t fixed(std::size_t bytes);
  [[noreturn]] void fail_malformed(std::string_view problem) const;

  std::string_view rest_;
  std::size_t size_;
  std::string context_;
};

/// Appends a field to a message.
void append_varint_field(std::string& message, uint32_t number, uint64_t value);
void append_float_field(std::string& message, uint32_t number, float value);
void append_bytes_field(std::string& message, uint32_t number, std::string_view bytes);

}  // namespace aqua::text
