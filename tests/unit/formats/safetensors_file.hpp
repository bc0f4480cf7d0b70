// Safetensors files, right and wrong, put together by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aqua::formats {

inline std::string safetensors_file(std::string_view header, std::size_t data_bytes,
                                    uint64_t declared_length) {
  std::string file;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    file += static_cast<char>((declared_length >> shift) & 0xffU);
  }
  file += header;
  for (std::size_t i = 0; i < data_bytes; ++i) file += static_cast<char>(i);
  return file;
}

inline std::string safetensors_file(std::string_view header, std::size_t data_bytes) {
  return safetensors_file(header, data_bytes, header.size());
}

}  // namespace aqua::formats
