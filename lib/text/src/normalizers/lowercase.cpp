#include "normalizers/normalizers.hpp"
#include "unicode/additions.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

// Character by character, without regard to context (no final sigma).
class Lowercase final : public Step {
 public:
  void apply(Pieces& pieces) const override {
    pieces.rewrite([](std::string_view text, Rewriter& output) {
      std::string lower;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text[at]);
        const char32_t code_point = code_point_at(text, at);
        lower.clear();
        if (code_point == 0x130) {
          lower = "i\u0307";  // the one lower case that is longer than one character
        } else {
          append_code_point(lower, lower_case(code_point));
        }
        output.replace(length, lower);
        at += length;
      }
    });
  }
};

}  // namespace

std::unique_ptr<Step> make_lowercase(const JsonNode&) { return std::make_unique<Lowercase>(); }

}  // namespace aqua::text
