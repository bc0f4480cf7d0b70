#include "added_tokens.hpp"

#include <algorithm>
#include <set>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "regex/oniguruma.hpp"
#include "utf8.hpp"

namespace aqua::text {

std::vector<AddedToken> read_added_tokens(const JsonNode& config, const Model& model) {
  std::vector<AddedToken> tokens;
  std::set<std::string> contents;
  int64_t next_id = model.vocabulary_size();
  for (const JsonNode& entry : config.items()) {
    const JsonNode content = entry.at("content");
    const JsonNode id = entry.at("id");
    AddedToken token{
        .id = checked_narrow<int32_t>(id.integer(0), id.where()),
        .content = content.string(),
        .single_word = entry.at("single_word").boolean(),
        .lstrip = entry.at("lstrip").boolean(),
        .rstrip = entry.at("rstrip").boolean(),
        .normalized = entry.at("normalized").boolean(),
    };
    if (token.content.empty()) content.fail_expected("a text that is not empty");
    if (!contents.insert(token.content).second) {
      fail<FormatError>("{}: \"{}\" appears more than once", content.where(), token.content);
    }
    const auto known = model.id_of(token.content);
    const int64_t expected = known ? *known : next_id++;
    if (token.id != expected) {
      id.fail_expected(fmt::format("{}, the {}", expected,
                                   known ? "id of this token in the model" : "next free id"));
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

AddedTokenSplitter::AddedTokenSplitter(const std::vector<AddedToken>& tokens, bool normalized,
                                       const Step* normalizer, const std::string& context) {
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized) continue;
    Pieces content(token.content);
    if (normalized && normalizer != nullptr) normalizer->apply(content);
    std::string text;
    for (const Piece& piece : content.pieces()) text += content.view(piece);
    if (text.empty()) {
      fail<FormatError>("{}: normalization leaves nothing of \"{}\"", context, token.content);
    }
    if (!trie_.add(text, static_cast<int32_t>(tokens_.size()))) {
      fail<FormatError>("{}: normalization makes \"{}\" the same as another token", context,
                        token.content);
    }
    tokens_.push_back(token);
    if (token.single_word && !word_character_) {
      word_character_.emplace(fmt::format("[{}]", rust_word_members()), context);
    }
  }
}

void AddedTokenSplitter::apply(Pieces& pieces) const {
  if (trie_.empty()) return;
  pieces.split([this](std::string_view text, std::vector<Piece>& parts) { find_in(text, parts); });
}

void AddedTokenSplitter::find_in(std::string_view text, std::vector<Piece>& parts) const {
  std::size_t done = 0;  // text before this is in parts
  for (std::size_t at = 0; at < text.size();) {
    const TokenTrie::Found found = trie_.longest_at(text, at);
    if (found.value < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[found.value];
    std::size_t begin = at;
    std::size_t end = at + found.length;
    at = end;
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.lstrip) {
      begin = std::max(begin - trailing_white_space(text.substr(0, begin)), done);
    }
    if (token.rstrip) end += leading_white_space(text.substr(end));
    // White space that an earlier token took can itself be a token; then there is none between.
    if (done < begin) parts.push_back({static_cast<int64_t>(done), static_cast<int64_t>(begin)});
    parts.push_back({static_cast<int64_t>(begin), static_cast<int64_t>(end), token.id});
    done = end;
  }
  if (done < text.size()) {
    parts.push_back({static_cast<int64_t>(done), static_cast<int64_t>(text.size())});
  }
}

bool AddedTokenSplitter::stands_alone(std::string_view text, std::size_t begin,
                                      std::size_t end) const {
  const auto is_word_character = [&](std::size_t at) {
    std::vector<Match> matches;
    word_character_->find_all(text.substr(at, sequence_length(text[at])), matches);
    return !matches.empty();
  };
  return (begin == 0 || !is_word_character(previous_code_point(text, begin))) &&
         (end == text.size() || !is_word_character(end));
}

}  // namespace aqua::text
