#include <algorithm>
#include <utility>
#include <vector>

#include "post_processors/post_processor.hpp"

namespace aqua::text {
namespace {

class Sequence final : public PostProcessor {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PostProcessor>> parts) : parts_(std::move(parts)) {}
  void apply(Encoding& encoding, int64_t bytes, bool add_special_tokens) const override {
    for (const auto& part : parts_) part->apply(encoding, bytes, add_special_tokens);
  }
  int64_t largest_id() const override {
    int64_t largest = -1;
    for (const auto& part : parts_) largest = std::max(largest, part->largest_id());
    return largest;
  }

 private:
  std::vector<std::unique_ptr<PostProcessor>> parts_;
};

}  // namespace

std::unique_ptr<PostProcessor> make_post_processor_sequence(const JsonNode& config) {
  std::vector<std::unique_ptr<PostProcessor>> parts;
  for (const JsonNode& part : config.at("processors").items()) {
    parts.push_back(make_post_processor(part));
  }
  return std::make_unique<Sequence>(std::move(parts));
}

}  // namespace aqua::text
