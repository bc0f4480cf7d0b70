// The safetensors parser takes any bytes: it returns tensors that lie in them, or throws a
// FormatError.
#include <cstdint>
#include <cstdlib>

#include "aqua/core/error.hpp"
#include "safetensors_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    unsigned sum = 0;
    for (const auto& tensor : aqua::formats::parse_safetensors(bytes, "fuzz").tensors) {
      for (const std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
    }
    // The tensors tile the data, so the sum cannot exceed that of all bytes.
    if (sum > 255 * size) std::abort();
  } catch (const aqua::FormatError&) {
    // Refused, with a message.
  }
  return 0;
}
