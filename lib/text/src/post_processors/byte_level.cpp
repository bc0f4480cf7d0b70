#include "post_processors/post_processor.hpp"

namespace aqua::text {
namespace {

// In the reference it trims character offsets, which are not ours; it adds no tokens.
class ByteLevel final : public PostProcessor {
 public:
  void apply(Encoding&, int64_t, bool) const override {}
  int64_t largest_id() const override { return -1; }
};

}  // namespace

std::unique_ptr<PostProcessor> make_byte_level_post_processor(const JsonNode&) {
  return std::make_unique<ByteLevel>();
}

}  // namespace aqua::text
