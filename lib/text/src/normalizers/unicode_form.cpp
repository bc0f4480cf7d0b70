#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "aqua/core/error.hpp"
#include "normalizers/normalizers.hpp"
#include "unicode/additions.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// A Unicode normalization form. Text is normalized in segments: no ASCII character decomposes or is
// the second of a composition, so a segment can begin at each of them.
class UnicodeForm final : public Step {
 public:
  explicit UnicodeForm(int options) : options_(static_cast<utf8proc_option_t>(options)) {}

  void apply(Pieces& pieces) const override {
    pieces.rewrite([this](std::string_view text, Rewriter& output) {
      while (!text.empty()) {
        const std::size_t length = segment_length(text);
        normalize(text.substr(0, length), output);
        text.remove_prefix(length);
      }
    });
  }

 private:
  // Up to the next ASCII character or character without properties; these begin a segment, too, and
  // the latter are one by themselves.
  static std::size_t segment_length(std::string_view text) {
    std::size_t at = sequence_length(text[0]);
    if (at > 1 && is_normalization_inert(code_point_at(text, 0))) return at;
    while (at < text.size() && !is_ascii(text[at]) &&
           !is_normalization_inert(code_point_at(text, at))) {
      at += sequence_length(text[at]);
    }
    return at;
  }

  void normalize(std::string_view segment, Rewriter& output) const {
    if (segment.size() == 1 || is_normalization_inert(code_point_at(segment, 0))) {
      return output.keep(segment.size());
    }
    utf8proc_uint8_t* result = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(segment.data()),
                     static_cast<utf8proc_ssize_t>(segment.size()), &result, options_);
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
    if (size < 0) fail<FormatError>("text cannot be normalized: {}", utf8proc_errmsg(size));
    const std::string_view normalized(reinterpret_cast<const char*>(result),
                                      static_cast<std::size_t>(size));
    if (normalized == segment) {
      output.keep(segment.size());
    } else {
      output.replace(segment.size(), normalized);
    }
  }

  utf8proc_option_t options_;
};

}  // namespace

std::unique_ptr<Step> make_nfc(const JsonNode&) {
  return std::make_unique<UnicodeForm>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::unique_ptr<Step> make_nfd(const JsonNode&) {
  return std::make_unique<UnicodeForm>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
}

std::unique_ptr<Step> make_nfkc(const JsonNode&) {
  return std::make_unique<UnicodeForm>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
}

std::unique_ptr<Step> make_nfkd(const JsonNode&) {
  return std::make_unique<UnicodeForm>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
}

}  // namespace aqua::text
