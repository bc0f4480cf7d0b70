// The header of a safetensors file, checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/formats/tensors.hpp"

namespace aqua::formats {

struct SafetensorsHeader {
  std::vector<Tensor> tensors;  ///< sorted by name; their bytes lie in the span that was parsed
  std::map<std::string, std::string> metadata;
};

/// Parses the header of a whole file in memory. The rules are those of the format's reference
/// reader: at least 8 bytes of length, a header of at most 100 MB that starts with '{', names once,
/// every data byte in exactly one tensor (no overlap, no holes, none left over), byte ranges that
/// agree with shape and type. FormatErrors start with `file`.
SafetensorsHeader parse_safetensors(std::span<const std::byte> bytes, std::string_view file);

}  // namespace aqua::formats
