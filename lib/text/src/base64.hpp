// Base64 (RFC 4648), as JSON files carry bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aqua::text {

/// The bytes; nothing when the text is not base64 with its padding.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace aqua::text
