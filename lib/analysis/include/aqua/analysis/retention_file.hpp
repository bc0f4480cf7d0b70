// A retention result in a file, so that a long analysis that was interrupted does not measure the
// same text again. Not a format for other programs.
#pragma once

#include <filesystem>
#include <optional>

#include "aqua/analysis/retention.hpp"

namespace aqua::analysis {

/// One pass of a RetentionMeter.
struct MeasuredText {
  RetentionResult all;
  std::optional<RetentionResult> subset;  ///< when RetentionOptions::subset asked for one
};

/// Writes whole or not at all: numbers, replicates included, as arrays in a safetensors file.
/// Model, corpus and options are not in it; whoever reads it knows what was measured.
void write_measured(const std::filesystem::path& path, const MeasuredText& measured);

/// Reads it back, equal to the last bit, with `model`, `corpus` and `options` filled in.
/// FormatError names file and array when it is not such a file or does not fit the options.
MeasuredText read_measured(const std::filesystem::path& path, const capture::ModelFacts& model,
                           const CorpusFacts& corpus, const RetentionOptions& options);

}  // namespace aqua::analysis
