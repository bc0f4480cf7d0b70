#include "models/unigram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "aqua/core/error.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

std::vector<std::pair<std::string_view, int32_t>> trie_entries(
    const std::vector<ScoredToken>& tokens) {
  std::vector<std::pair<std::string_view, int32_t>> result;
  result.reserve(tokens.size());
  for (const ScoredToken& token : tokens) {
    result.emplace_back(token.text, static_cast<int32_t>(result.size()));
  }
  return result;
}

}  // namespace

Unigram::Unigram(std::vector<ScoredToken> tokens, UnigramOptions options)
    : tokens_(std::move(tokens)), trie_(trie_entries(tokens_)), options_(options) {
  constexpr double unknown_penalty = 10;  // SentencePiece's
  double least = std::numeric_limits<double>::infinity();
  for (const ScoredToken& token : tokens_) least = std::min(least, token.score);
  unknown_score_ = least - unknown_penalty;
  for (int byte = 0; byte < 256; ++byte) {
    bytes_[byte] = id_of(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
}

std::optional<int32_t> Unigram::id_of(std::string_view token) const {
  std::optional<int32_t> id;
  trie_.for_each_prefix(token, [&](std::size_t length, int32_t value) {
    if (length == token.size()) id = value;
  });
  return id;
}

void Unigram::encode(const Pieces& pieces, Encoding& output) const {
  std::vector<Step> steps;
  std::vector<Segment> segments;
  for (const Piece& piece : pieces.pieces()) {
    if (piece.is_token()) {
      output.ids.push_back(piece.token);
      output.starts.push_back(pieces.origin(piece.begin));
      continue;
    }
    const std::string_view word = pieces.view(piece);
    find_best_steps(word, steps);
    trace_back(steps, segments);
    for (const Segment& segment : segments) {
      append(word.substr(segment.begin, segment.end - segment.begin),
             pieces.origin(piece.begin + segment.begin), output);
    }
  }
}

// Viterbi's algorithm, forwards: the best way to each place from the best ways to the places
// before. Work is proportional to the word's length times that of the longest token.
void Unigram::find_best_steps(std::string_view word, std::vector<Step>& steps) const {
  steps.assign(word.size() + 1, {0, -1, 0});
  const auto offer = [&](std::size_t begin, std::size_t end, double score, int32_t id) {
    Step& step = steps[end];
    const double sum = score + steps[begin].score;
    if (step.begin < 0 || sum > step.score) step = {sum, static_cast<int64_t>(begin), id};
  };
  for (std::size_t begin = 0; begin < word.size(); begin += sequence_length(word[begin])) {
    const std::size_t character = sequence_length(word[begin]);
    bool covered = false;  // the character is a token by itself
    trie_.for_each_prefix(word.substr(begin), [&](std::size_t length, int32_t id) {
      covered = covered || length == character;
      offer(begin, begin + length, tokens_[id].score, id);
    });
    if (covered) continue;
    if (!options_.unknown) {
      fail<FormatError>(
          "the text to tokenise: no token covers \"{}\", and the tokenizer has no unknown token",
          word.substr(begin, character));
    }
    offer(begin, begin + character, unknown_score_, *options_.unknown);
  }
}

// Neighbouring unknown tokens become one segment.
void Unigram::trace_back(const std::vector<Step>& steps, std::vector<Segment>& segments) const {
  segments.clear();
  for (auto end = static_cast<int64_t>(steps.size()) - 1; end > 0; end = steps[end].begin) {
    const Step& step = steps[end];
    const bool unknown = options_.unknown && step.id == *options_.unknown;
    if (unknown && !segments.empty() && segments.back().unknown) {
      segments.back().begin = step.begin;
    } else {
      segments.push_back({step.begin, end, unknown});
    }
  }
  std::ranges::reverse(segments);
}

// A segment's text is looked up again, as in the reference: unknown ones that were joined can be a
// token together.
void Unigram::append(std::string_view text, int64_t start, Encoding& output) const {
  const auto put = [&](int32_t id) {
    output.ids.push_back(id);
    output.starts.push_back(start);
  };
  const auto byte_id = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  if (const auto id = id_of(text)) {
    put(*id);
  } else if (options_.byte_fallback &&
             std::ranges::all_of(text, [&](char byte) { return byte_id(byte) >= 0; })) {
    for (const char byte : text) put(byte_id(byte));
  } else {
    put(*options_.unknown);
  }
}

}  // namespace aqua::text
