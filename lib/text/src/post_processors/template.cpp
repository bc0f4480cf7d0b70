#include <algorithm>
#include <utility>
#include <vector>

#include "aqua/core/checked.hpp"
#include "post_processors/post_processor.hpp"

namespace aqua::text {
namespace {

// A place in the template: the text's tokens, or these special tokens.
struct Slot {
  bool is_text = false;
  std::vector<int32_t> ids;
};

class Template final : public PostProcessor {
 public:
  explicit Template(std::vector<Slot> slots) : slots_(std::move(slots)) {}

  void apply(Encoding& encoding, int64_t bytes, bool add_special_tokens) const override {
    Encoding result;
    int64_t start = 0;  // of special tokens: the beginning, or behind the text
    for (const Slot& slot : slots_) {
      if (slot.is_text) {
        result.ids.insert(result.ids.end(), encoding.ids.begin(), encoding.ids.end());
        result.starts.insert(result.starts.end(), encoding.starts.begin(), encoding.starts.end());
        start = bytes;
      } else if (add_special_tokens) {
        result.ids.insert(result.ids.end(), slot.ids.begin(), slot.ids.end());
        result.starts.insert(result.starts.end(), slot.ids.size(), start);
      }
    }
    encoding = std::move(result);
  }

  int64_t largest_id() const override {
    int64_t largest = -1;
    for (const Slot& slot : slots_) {
      for (const int32_t id : slot.ids) largest = std::max<int64_t>(largest, id);
    }
    return largest;
  }

 private:
  std::vector<Slot> slots_;
};

std::vector<int32_t> read_ids(const JsonNode& special_tokens, const std::string& name) {
  std::vector<int32_t> ids;
  for (const JsonNode& id : special_tokens.at(name).at("ids").items()) {
    ids.push_back(checked_narrow<int32_t>(id.integer(0), id.where()));
  }
  return ids;
}

}  // namespace

// Only "single" matters: texts are never encoded in pairs.
std::unique_ptr<PostProcessor> make_template_processing(const JsonNode& config) {
  std::vector<Slot> slots;
  int texts = 0;
  for (const JsonNode& piece : config.at("single").items()) {
    if (const auto sequence = piece.find("Sequence")) {
      const JsonNode id = sequence->at("id");
      if (id.string() != "A") id.fail_expected("\"A\" in a template for a single text");
      slots.push_back({.is_text = true, .ids = {}});
      ++texts;
    } else if (const auto special = piece.find("SpecialToken")) {
      slots.push_back({.is_text = false,
                       .ids = read_ids(config.at("special_tokens"), special->at("id").string())});
    } else {
      piece.fail_expected("\"Sequence\" or \"SpecialToken\"");
    }
  }
  if (texts != 1) config.at("single").fail_expected("exactly one \"Sequence\"");
  return std::make_unique<Template>(std::move(slots));
}

}  // namespace aqua::text
