#include "normalizers/normalizers.hpp"

namespace aqua::text {
namespace {

class Prepend final : public Step {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  void apply(Pieces& pieces) const override {
    pieces.rewrite([this](std::string_view text, Rewriter& output) {
      output.replace(0, prefix_);
      output.keep(text.size());
    });
  }

 private:
  std::string prefix_;
};

}  // namespace

std::unique_ptr<Step> make_prepend(const JsonNode& config) {
  return std::make_unique<Prepend>(config.at("prepend").string());
}

}  // namespace aqua::text
