#include <optional>

#include "byte_alphabet.hpp"
#include "pattern.hpp"
#include "pre_tokenizers/pre_tokenizers.hpp"
#include "regex/oniguruma.hpp"

namespace aqua::text {
namespace {

// GPT-2's words: contractions, letters, numbers, other signs, each with the space before it, and
// what white space remains.
constexpr std::string_view kGpt2Words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class ByteLevel final : public Step {
 public:
  ByteLevel(bool add_prefix_space, std::optional<Regex> words)
      : add_prefix_space_(add_prefix_space), words_(std::move(words)) {}

  void apply(Pieces& pieces) const override {
    if (add_prefix_space_) {
      pieces.rewrite([](std::string_view text, Rewriter& output) {
        if (!text.starts_with(' ')) output.replace(0, " ");
        output.keep(text.size());
      });
    }
    if (words_) split_along(*words_, SplitBehavior::isolated, false, pieces);
    map_bytes(pieces);
  }

 private:
  bool add_prefix_space_;
  std::optional<Regex> words_;
};

}  // namespace

std::unique_ptr<Step> make_byte_level_pre_tokenizer(const JsonNode& config) {
  std::optional<Regex> words;
  if (config.boolean_or("use_regex", true)) {
    words.emplace(translate_oniguruma(kGpt2Words, config.where()), config.where());
  }
  return std::make_unique<ByteLevel>(config.at("add_prefix_space").boolean(), std::move(words));
}

}  // namespace aqua::text
