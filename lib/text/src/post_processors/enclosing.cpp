#include <algorithm>

#include "aqua/core/checked.hpp"
#include "post_processors/post_processor.hpp"

namespace aqua::text {
namespace {

// One token before the text and one behind it.
class Enclosing final : public PostProcessor {
 public:
  Enclosing(int32_t before, int32_t behind) : before_(before), behind_(behind) {}
  void apply(Encoding& encoding, int64_t bytes, bool add_special_tokens) const override {
    if (!add_special_tokens) return;
    encoding.ids.insert(encoding.ids.begin(), before_);
    encoding.starts.insert(encoding.starts.begin(), 0);
    encoding.ids.push_back(behind_);
    encoding.starts.push_back(bytes);
  }
  int64_t largest_id() const override { return std::max(before_, behind_); }

 private:
  int32_t before_;
  int32_t behind_;
};

// ["[CLS]", 101]
int32_t read_token(const JsonNode& config) {
  const auto items = config.items();
  if (items.size() != 2) config.fail_expected("a token and its id");
  return checked_narrow<int32_t>(items[1].integer(0), items[1].where());
}

}  // namespace

std::unique_ptr<PostProcessor> make_enclosing(const JsonNode& config) {
  return std::make_unique<Enclosing>(read_token(config.at("cls")), read_token(config.at("sep")));
}

}  // namespace aqua::text
