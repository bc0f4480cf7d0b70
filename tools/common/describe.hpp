// Texts that say on what a part of an analysis depends, for the names of kept files: equal texts,
// equal numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/needle.hpp"
#include "aqua/analysis/perplexity.hpp"
#include "aqua/analysis/retention.hpp"
#include "aqua/capture/event.hpp"
#include "aqua/store/calibration.hpp"

namespace aqua::tools {

/// A pass over a source: model, text, windows, layers.
std::string describe(const capture::QkSource& source);
/// Some windows of a text: their tokens, and which of them count.
std::string describe(const text::PackedCorpus& corpus, const analysis::SequenceRange& range);
/// Tokens and where the needle is.
std::string describe(std::span<const analysis::Haystack> haystacks);
/// The statistics that bases are made of.
std::string describe(const store::Calibration& calibration);
/// Names and numbers of bases.
std::string describe(std::span<const analysis::NamedBasis> bases);
/// What a RetentionMeter measures, plans included.
std::string describe(const analysis::RetentionOptions& options);
/// Lists of whole numbers, such as tokens or the parts that they belong to.
std::string describe(std::span<const std::vector<int32_t>> lists);

}  // namespace aqua::tools
