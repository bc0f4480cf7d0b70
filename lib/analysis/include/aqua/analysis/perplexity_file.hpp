// One pass of a perplexity in a file, so that a long analysis that was interrupted does not run the
// same text again. Not a format for other programs.
#pragma once

#include <filesystem>

#include "aqua/analysis/perplexity.hpp"

namespace aqua::analysis {

/// Writes whole or not at all.
void write_perplexity_pass(const std::filesystem::path& path, const PerplexityPass& pass);

/// Reads back, equal to the last bit, what run_perplexity_pass gave for these arguments.
/// FormatError names file and array when it is not such a file or does not fit them.
PerplexityPass read_perplexity_pass(const std::filesystem::path& path, const model::Model& model,
                                    const text::PackedCorpus& corpus, const SequenceRange& range,
                                    std::span<const NamedAttention> variants,
                                    const PerplexityOptions& options);

}  // namespace aqua::analysis
