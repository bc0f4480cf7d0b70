#include "pattern.hpp"
#include "pre_tokenizers/pre_tokenizers.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

enum class PrependScheme { first, never, always };

// Spaces become a visible replacement (by custom U+2581), which also marks the start of words.
class Metaspace final : public Step {
 public:
  Metaspace(std::string replacement, PrependScheme scheme, bool split, std::string context)
      : replacement_(std::move(replacement)),
        regex_(escape_literal(replacement_), std::move(context)),
        scheme_(scheme),
        split_(split) {}

  void apply(Pieces& pieces) const override {
    pieces.rewrite([&](std::string_view text, Rewriter& output) {
      const bool marked = text.starts_with(replacement_) || text.starts_with(' ');
      const bool prepend = scheme_ == PrependScheme::always ||
                           (scheme_ == PrependScheme::first && output.origin() == 0);
      if (prepend && !marked) output.replace(0, replacement_);
      for (const char c : text) {
        if (c == ' ') {
          output.replace(1, replacement_);
        } else {
          output.keep(1);
        }
      }
    });
    if (split_) split_along(regex_, SplitBehavior::merged_with_next, false, pieces);
  }

 private:
  std::string replacement_;
  Regex regex_;
  PrependScheme scheme_;
  bool split_;
};

PrependScheme read_scheme(const JsonNode& config) {
  const auto scheme = config.find("prepend_scheme");
  // Files from before prepend_scheme say add_prefix_space.
  const bool prefix = config.boolean_or("add_prefix_space", true);
  if (!scheme) return prefix ? PrependScheme::always : PrependScheme::never;
  const std::string name = scheme->string();
  if (!prefix && name != "never") scheme->fail_expected("never, as add_prefix_space is false");
  if (name == "first") return PrependScheme::first;
  if (name == "never") return PrependScheme::never;
  if (name == "always") return PrependScheme::always;
  scheme->fail_expected("first, never or always");
}

}  // namespace

std::unique_ptr<Step> make_metaspace(const JsonNode& config) {
  const JsonNode replacement = config.at("replacement");
  const std::string text = replacement.string();
  if (text.empty() || sequence_length(text[0]) != text.size()) {
    replacement.fail_expected("one character");
  }
  return std::make_unique<Metaspace>(text, read_scheme(config), config.boolean_or("split", true),
                                     config.where());
}

}  // namespace aqua::text
