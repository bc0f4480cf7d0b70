#include "normalizers/normalizers.hpp"
#include "utf8.hpp"

namespace aqua::text {
namespace {

class Strip final : public Step {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void apply(Pieces& pieces) const override {
    pieces.split([this](std::string_view text, std::vector<Piece>& parts) {
      const std::size_t begin = left_ ? leading_white_space(text) : 0;
      const std::size_t end = text.size() - (right_ ? trailing_white_space(text) : 0);
      parts.push_back({static_cast<int64_t>(begin), static_cast<int64_t>(end)});
    });
  }

 private:
  bool left_;
  bool right_;
};

}  // namespace

std::unique_ptr<Step> make_strip(const JsonNode& config) {
  return std::make_unique<Strip>(config.at("strip_left").boolean(),
                                 config.at("strip_right").boolean());
}

}  // namespace aqua::text
