// The alphabet of byte-level tokenizers: one visible character for each byte value.
#pragma once

#include "step.hpp"

namespace aqua::text {

/// Replaces each byte by its character of the byte-level alphabet (GPT-2): printable Latin-1 stands
/// for itself, the 68 other byte values for U+0100 onwards in increasing order.
void map_bytes(Pieces& pieces);

}  // namespace aqua::text
