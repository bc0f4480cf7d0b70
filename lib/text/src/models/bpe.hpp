// Byte-pair encoding with the options of the `tokenizers` package.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/bpe_merge.hpp"
#include "models/merge_table.hpp"
#include "models/model.hpp"

namespace aqua::text {

/// Tokens by text, also looked up by string_view.
struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};
using Vocabulary = std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>>;

struct BpeOptions {
  std::string continuing_prefix;   ///< stands before every symbol of a word but the first
  std::string word_suffix;         ///< stands behind the last symbol of a word
  std::optional<int32_t> unknown;  ///< for characters without a token; without it they vanish
  bool fuse_unknown = false;       ///< one unknown token for several such characters in a row
  bool byte_fallback = false;      ///< rather the tokens <0x00> … <0xFF> for their bytes
  bool whole_words_first = false;  ///< "ignore_merges": a word that is a token is not cut
};

class Bpe final : public Model {
 public:
  Bpe(Vocabulary vocabulary, MergeTable merges, BpeOptions options);
  void encode(const Pieces& pieces, Encoding& output) const override;
  std::optional<int32_t> id_of(std::string_view token) const override;
  int64_t vocabulary_size() const override { return static_cast<int64_t>(vocabulary_.size()); }

 private:
  void cut(std::string_view word, std::vector<Symbol>& symbols) const;
  int32_t plain_character_id(std::string_view character) const;
  bool append_bytes(std::string_view text, int64_t begin, std::vector<Symbol>& symbols) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  BpeOptions options_;
  std::optional<MergeTable> joints_;
  /// Tokens of one character below U+0800; −1: none. Covers the byte-level alphabet.
  std::array<int32_t, 0x800> short_characters_;
  std::array<int32_t, 256> bytes_;  ///< tokens <0x00> …; −1: none
};

}  // namespace aqua::text
