// Added tokens: texts that become tokens before anything else looks at them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json_node.hpp"
#include "models/model.hpp"
#include "regex/regex.hpp"
#include "step.hpp"
#include "token_trie.hpp"

namespace aqua::text {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool single_word = false;  ///< only where no word character stands beside it
  bool lstrip = false;       ///< takes the white space before it, too
  bool rstrip = false;       ///< takes the white space behind it, too
  bool normalized = false;   ///< looked for in normalized text, by its own normalized content
};

/// Reads "added_tokens". Those that the model knows have its ids; the others have ids from
/// `model.vocabulary_size()` on, in order: FormatError when the file says otherwise.
std::vector<AddedToken> read_added_tokens(const JsonNode& config, const Model& model);

/// The added tokens that are (or are not) looked for in normalized text. At each place the longest
/// wins, from left to right.
class AddedTokenSplitter {
 public:
  /// Takes the tokens with this `normalized` flag; FormatError, starting with `context`, when two
  /// become the same by normalization, or one becomes empty.
  AddedTokenSplitter(const std::vector<AddedToken>& tokens, bool normalized, const Step* normalizer,
                     const std::string& context);
  void apply(Pieces& pieces) const;

 private:
  void find_in(std::string_view text, std::vector<Piece>& parts) const;
  bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<AddedToken> tokens_;
  TokenTrie trie_;  ///< values: indices into tokens_
  std::optional<Regex> word_character_;
};

}  // namespace aqua::text
