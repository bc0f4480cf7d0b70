// Parsing the head of one GGUF file.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "aqua/formats/gguf.hpp"

namespace aqua::formats {

struct GgufHeader {
  GgufMetadata values;
  std::vector<Tensor> tensors;  ///< sorted by name; bytes point into the file
};

/// `bytes` is the whole file; `file` names it in messages.
GgufHeader parse_gguf(std::span<const std::byte> bytes, std::string_view file);

}  // namespace aqua::formats
