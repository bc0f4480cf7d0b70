// What attentions did on haystacks in a file, so that a long analysis that was interrupted does not
// run them again. Not a format for other programs.
#pragma once

#include <filesystem>

#include "aqua/analysis/needle.hpp"

namespace aqua::analysis {

/// Writes whole or not at all; at least one haystack and attention.
void write_haystack_scores(const std::filesystem::path& path,
                           std::span<const std::vector<HaystackScores>> scores);

/// Reads back, equal to the last bit, what run_haystacks gave for so many haystacks and attentions
/// (exact included) of this model. FormatError names file and array when it is not such a file or
/// does not fit them.
std::vector<std::vector<HaystackScores>> read_haystack_scores(const std::filesystem::path& path,
                                                              const capture::ModelFacts& model,
                                                              int64_t haystacks,
                                                              int64_t attentions);

}  // namespace aqua::analysis
