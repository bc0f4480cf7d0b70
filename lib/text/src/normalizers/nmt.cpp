#include "normalizers/normalizers.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

bool is_removed(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         c == 0x8F || c == 0x9F;
}

bool becomes_space(char32_t c) {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == 0xFFFD;
}

// SentencePiece's rules for machine translation: control characters vanish, odd spaces become
// plain.
class Nmt final : public Step {
 public:
  void apply(Pieces& pieces) const override {
    pieces.rewrite([](std::string_view text, Rewriter& output) {
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text[at]);
        const char32_t code_point = code_point_at(text, at);
        if (is_removed(code_point)) {
          output.drop(length);
        } else if (becomes_space(code_point)) {
          output.replace(length, " ");
        } else {
          output.keep(length);
        }
        at += length;
      }
    });
  }
};

}  // namespace

std::unique_ptr<Step> make_nmt(const JsonNode&) { return std::make_unique<Nmt>(); }

}  // namespace aqua::text
