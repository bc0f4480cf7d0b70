// The unigram language model, as the `tokenizers` package has it: a word becomes the sequence of
// tokens whose scores (log probabilities) have the largest sum (Kudo, "Subword Regularization",
// arXiv 1804.10959).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "models/model.hpp"
#include "prefix_trie.hpp"

namespace aqua::text {

struct ScoredToken {
  std::string text;
  double score;
};

struct UnigramOptions {
  std::optional<int32_t> unknown;  ///< for what no token covers; without it that is an error
  bool byte_fallback = false;      ///< rather the tokens <0x00> … <0xFF> for its bytes
};

class Unigram final : public Model {
 public:
  /// Tokens by id; of equal ones the last has the text.
  Unigram(std::vector<ScoredToken> tokens, UnigramOptions options);
  void encode(const Pieces& pieces, Encoding& output) const override;
  std::optional<int32_t> id_of(std::string_view token) const override;
  int64_t vocabulary_size() const override { return static_cast<int64_t>(tokens_.size()); }

 private:
  // The best way to a place in a word: the last token of it and where that token begins.
  struct Step {
    double score;
    int64_t begin;  // −1: none known yet
    int32_t id;
  };
  struct Segment {
    int64_t begin;
    int64_t end;
    bool unknown;
  };

  void find_best_steps(std::string_view word, std::vector<Step>& steps) const;
  void trace_back(const std::vector<Step>& steps, std::vector<Segment>& segments) const;
  void append(std::string_view text, int64_t start, Encoding& output) const;

  std::vector<ScoredToken> tokens_;
  PrefixTrie trie_;
  UnigramOptions options_;
  double unknown_score_;
  std::array<int32_t, 256> bytes_;  // tokens <0x00> …; −1: none
};

}  // namespace aqua::text
