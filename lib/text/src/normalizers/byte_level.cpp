#include "byte_alphabet.hpp"
#include "normalizers/normalizers.hpp"

namespace aqua::text {
namespace {

class ByteLevel final : public Step {
 public:
  void apply(Pieces& pieces) const override { map_bytes(pieces); }
};

}  // namespace

std::unique_ptr<Step> make_byte_level_normalizer(const JsonNode&) {
  return std::make_unique<ByteLevel>();
}

}  // namespace aqua::text
