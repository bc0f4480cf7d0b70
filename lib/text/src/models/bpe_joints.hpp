// Where a long word can be cut before its symbols are merged.
#pragma once

#include <optional>

#include "models/bpe.hpp"

namespace aqua::text {

/// Pairs of one-character tokens that stand beside each other inside some token that merges lead
/// to; pairs not in the table never end up in one token. Tokenizers without a pre-tokenizer (Llama
/// 2's and the like) make a whole text one word, which falls into its words again by this. Nothing
/// when bytes or the unknown token take part in merges, as then texts do not tell what a token was
/// made of.
std::optional<MergeTable> find_joints(const Vocabulary& vocabulary, const MergeTable& merges,
                                      const BpeOptions& options);

}  // namespace aqua::text
