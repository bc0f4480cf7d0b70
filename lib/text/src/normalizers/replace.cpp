#include <algorithm>

#include "normalizers/normalizers.hpp"
#include "pattern.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

class Replace final : public Step {
 public:
  Replace(Regex regex, std::string content)
      : regex_(std::move(regex)), content_(std::move(content)) {}

  void apply(Pieces& pieces) const override {
    std::vector<Match> matches;
    pieces.rewrite([&](std::string_view text, Rewriter& output) {
      matches.clear();
      regex_.find_all(text, matches);
      int64_t at = 0;
      for (const Match& match : matches) {
        output.keep(match.begin - at);
        // As in the reference, the new text stands for the last character that it replaces; this
        // decides whether Metaspace sees it as the start of the text.
        const int64_t last = match.end > match.begin ? previous_code_point(text, match.end) : 0;
        output.replace(match.end - match.begin, content_, std::max(last - match.begin, int64_t{0}));
        at = match.end;
      }
      output.keep(text.size() - at);
    });
  }

 private:
  Regex regex_;
  std::string content_;
};

}  // namespace

std::unique_ptr<Step> make_replace(const JsonNode& config) {
  return std::make_unique<Replace>(read_pattern(config), config.at("content").string());
}

}  // namespace aqua::text
