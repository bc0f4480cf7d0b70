#include "models/bpe.hpp"

#include "models/bpe_joints.hpp"

#include <fmt/format.h>

#include <utility>

#include "utf8.hpp"

namespace aqua::text {
namespace {

constexpr int32_t kNone = -1;

}  // namespace

Bpe::Bpe(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
    : vocabulary_(std::move(vocabulary)),
      merges_(std::move(merges)),
      options_(std::move(options)),
      joints_(find_joints(vocabulary_, merges_, options_)) {
  std::string character;
  for (char32_t code_point = 0; code_point < short_characters_.size(); ++code_point) {
    character.clear();
    append_code_point(character, code_point);
    short_characters_[code_point] = id_of(character).value_or(kNone);
  }
  for (int byte = 0; byte < 256; ++byte) {
    bytes_[byte] = id_of(fmt::format("<0x{:02X}>", byte)).value_or(kNone);
  }
}

std::optional<int32_t> Bpe::id_of(std::string_view token) const {
  const auto found = vocabulary_.find(token);
  if (found == vocabulary_.end()) return std::nullopt;
  return found->second;
}

void Bpe::encode(const Pieces& pieces, Encoding& output) const {
  WordMerger merger(merges_, joints_ ? &*joints_ : nullptr);
  std::vector<Symbol> symbols;
  for (const Piece& piece : pieces.pieces()) {
    const std::string_view word = pieces.view(piece);
    symbols.clear();
    if (piece.is_token()) {
      symbols.push_back({piece.token, 0});
    } else if (const auto whole = options_.whole_words_first ? id_of(word) : std::nullopt) {
      symbols.push_back({*whole, 0});
    } else {
      cut(word, symbols);
      merger.merge(symbols);
    }
    for (const Symbol& symbol : symbols) {
      output.ids.push_back(symbol.id);
      output.starts.push_back(pieces.origin(piece.begin + symbol.begin));
    }
  }
}

int32_t Bpe::plain_character_id(std::string_view character) const {
  if (character.size() <= 2) return short_characters_[code_point_at(character, 0)];
  return id_of(character).value_or(kNone);
}

bool Bpe::append_bytes(std::string_view text, int64_t begin, std::vector<Symbol>& symbols) const {
  for (const char byte : text) {
    if (bytes_[static_cast<unsigned char>(byte)] == kNone) return false;
  }
  for (const char byte : text) {
    symbols.push_back({bytes_[static_cast<unsigned char>(byte)], begin});
  }
  return true;
}

void Bpe::cut(std::string_view word, std::vector<Symbol>& symbols) const {
  const bool decorated = !options_.continuing_prefix.empty() || !options_.word_suffix.empty();
  std::string decoration;
  // Where a run of characters without tokens began, which is not yet appended. As in the reference,
  // bytes that take the place of a character do not end the run, and come to stand before it.
  std::optional<int64_t> unknown_since;
  const auto append_unknown = [&] {
    if (unknown_since) symbols.push_back({*options_.unknown, *unknown_since});
    unknown_since.reset();
  };
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t length = sequence_length(word[at]);
    const auto begin = static_cast<int64_t>(at);
    std::string_view character = word.substr(at, length);
    at += length;
    if (decorated) {
      decoration = begin > 0 ? options_.continuing_prefix : "";
      decoration += character;
      if (at == word.size()) decoration += options_.word_suffix;
      character = decoration;
    }
    const int32_t id = decorated ? id_of(character).value_or(kNone) : plain_character_id(character);
    if (id != kNone) {
      append_unknown();
      symbols.push_back({id, begin});
    } else if (options_.byte_fallback && append_bytes(character, begin, symbols)) {
      continue;
    } else if (options_.unknown) {
      if (!options_.fuse_unknown) append_unknown();
      if (!unknown_since) unknown_since = begin;
    }
  }
  append_unknown();
}

}  // namespace aqua::text
