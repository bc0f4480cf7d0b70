// The loss curves of one text in a file, so that choosing a plan that was interrupted does not
// measure the same text again. Not a format for other programs.
#pragma once

#include <filesystem>

#include "aqua/analysis/curves.hpp"

namespace aqua::analysis {

/// Writes whole or not at all: the values, as an array in a safetensors file. What they are of is
/// not in it; whoever reads it knows what was measured.
void write_curves(const std::filesystem::path& path, const LossCurves& curves);

/// Reads it back, equal to the last bit, into `curves`, whose other members are filled in.
/// FormatError names file and array when it is not such a file or does not fit them.
void read_curves(const std::filesystem::path& path, LossCurves& curves);

}  // namespace aqua::analysis
