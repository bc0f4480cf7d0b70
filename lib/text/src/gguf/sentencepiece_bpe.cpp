// SentencePiece's BPE merges the two neighbouring tokens that together make the token of highest
// score, where byte-level BPE has a list of merges. So the list here is: for each token, all ways
// to cut it into two tokens, ranked by its score.
#include <algorithm>
#include <cmath>

#include "aqua/core/error.hpp"
#include "gguf/gguf_tokenizer.hpp"
#include "models/bpe.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

using formats::gguf_value;
using formats::gguf_value_or;
using nlohmann::json;

constexpr std::string_view kScores = "tokenizer.ggml.scores";

bool is_mergeable(TokenType type) {
  return type != TokenType::unknown && type != TokenType::control && type != TokenType::byte;
}

std::vector<double> read_scores(const GgufVocabulary& vocabulary) {
  auto scores = gguf_value<std::vector<double>>(vocabulary.file, kScores);
  if (scores.size() != vocabulary.tokens.size()) {
    fail<FormatError>("{}: \"{}\": expected {} scores, one for each token, found {}",
                      vocabulary.name, kScores, vocabulary.tokens.size(), scores.size());
  }
  for (std::size_t id = 0; id < scores.size(); ++id) {
    if (std::isfinite(scores[id])) continue;
    fail<FormatError>("{}: \"{}\": expected a finite score of token {}, found {}", vocabulary.name,
                      kScores, id, scores[id]);
  }
  return scores;
}

struct Join {
  int32_t left;
  int32_t right;
  int32_t whole;
};

std::vector<Join> find_joins(const GgufVocabulary& vocabulary, const Vocabulary& ids) {
  std::vector<Join> joins;
  const auto find = [&](std::string_view text) {
    const auto found = ids.find(text);
    return found != ids.end() && is_mergeable(vocabulary.types[found->second]) ? found->second : -1;
  };
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (!is_mergeable(vocabulary.types[id])) continue;
    const std::string_view token = vocabulary.tokens[id];
    for (std::size_t at = sequence_length(token[0]); at < token.size();
         at += sequence_length(token[at])) {
      const int32_t left = find(token.substr(0, at));
      const int32_t right = left < 0 ? -1 : find(token.substr(at));
      if (right >= 0) joins.push_back({left, right, static_cast<int32_t>(id)});
    }
  }
  return joins;
}

// [n] position of each token's score among all scores, from the highest. Equal scores have equal
// ranks: then the leftmost pair merges first.
std::vector<int32_t> rank_scores(const std::vector<double>& scores) {
  std::vector<int32_t> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
  std::ranges::stable_sort(order, [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
  std::vector<int32_t> ranks(scores.size(), 0);
  for (std::size_t i = 1; i < order.size(); ++i) {
    ranks[order[i]] = ranks[order[i - 1]] + (scores[order[i]] < scores[order[i - 1]] ? 1 : 0);
  }
  return ranks;
}

std::unique_ptr<Model> make_bpe_model(const GgufVocabulary& vocabulary) {
  Vocabulary ids;
  ids.reserve(vocabulary.tokens.size());
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    ids.emplace(vocabulary.tokens[id], static_cast<int32_t>(id));
  }
  const std::vector<int32_t> ranks = rank_scores(read_scores(vocabulary));
  const std::vector<Join> joins = find_joins(vocabulary, ids);
  MergeTable merges(joins.size());
  for (const Join& join : joins) merges.set(join.left, join.right, {ranks[join.whole], join.whole});
  BpeOptions options;
  options.unknown =
      static_cast<int32_t>(gguf_token_id(vocabulary, "tokenizer.ggml.unknown_token_id", 0));
  if (*options.unknown < 0) options.unknown.reset();  // no tokens at all
  options.fuse_unknown = true;
  options.byte_fallback = true;
  return std::make_unique<Bpe>(std::move(ids), std::move(merges), std::move(options));
}

// Spaces become U+2581, and one is put before the text, and behind every token that was found in
// it.
json spaces_normalizer(bool add_prefix) {
  json steps = json::array();
  if (add_prefix) steps.push_back({{"type", "Prepend"}, {"prepend", "\u2581"}});
  steps.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}});
  return {{"type", "Sequence"}, {"normalizers", steps}};
}

bool is_phi3(const formats::GgufFile& file) {
  auto name = gguf_value_or<std::string>(file, "general.name", "");
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return name.find("phi-3") != std::string::npos || name.find("phi3") != std::string::npos;
}

// Phi-3's tokens take the white space behind them. Files have no place to say so; as in llama.cpp
// the model's name does.
void set_rstrip(json& added) {
  for (json& token : added) {
    const auto& content = token["content"].get_ref<const std::string&>();
    token["rstrip"] = content != "<unk>" && content != "<s>" && content != "<|endoftext|>";
  }
}

}  // namespace

TokenizerParts read_gguf_sentencepiece_bpe(const GgufVocabulary& vocabulary) {
  json added = gguf_added_tokens(vocabulary);
  if (is_phi3(vocabulary.file)) set_rstrip(added);
  json document;
  document["added_tokens"] = std::move(added);
  document["normalizer"] = spaces_normalizer(
      gguf_value_or<bool>(vocabulary.file, "tokenizer.ggml.add_space_prefix", true));
  document["post_processor"] =
      gguf_post_processor(vocabulary, {.begins = true, .ends = false, .begin_id = 1, .end_id = 2});
  return {.document = std::move(document), .model = make_bpe_model(vocabulary)};
}

}  // namespace aqua::text
