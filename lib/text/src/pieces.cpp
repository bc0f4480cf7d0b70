#include "pieces.hpp"

namespace aqua::text {

Pieces::Pieces(std::string_view text) : text_(text) {
  if (!text.empty()) pieces_.push_back({0, static_cast<int64_t>(text.size()), -1});
}

}  // namespace aqua::text
