// Texts of which some documents are kept aside to measure on.
#pragma once

#include <span>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/text/corpus.hpp"
#include "common/inputs.hpp"

namespace aqua::tools {

/// Loads n corpora and returns 2n: what is left of each, then what text::split held out of each.
std::vector<text::Corpus> load_split(std::span<const NamedPath> corpora, double share,
                                     uint64_t seed, const CancelToken& cancel);

}  // namespace aqua::tools
