#include "common/layers.hpp"

#include <charconv>
#include <set>

#include "aqua/core/error.hpp"

namespace aqua::tools {
namespace {

int64_t parse_layer(std::string_view text, std::string_view part, int64_t count) {
  int64_t layer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), layer);
  if (error == std::errc::result_out_of_range) layer = count;
  if ((error != std::errc() && error != std::errc::result_out_of_range) || text.front() == '-' ||
      end != text.data() + text.size()) {
    fail<UsageError>("--layers: expected layers such as 0,2,5-8, found \"{}\"", part);
  }
  if (layer >= count) {
    fail<UsageError>("--layers: there is no layer {}: the model has layers 0 to {}", text,
                     count - 1);
  }
  return layer;
}

}  // namespace

std::vector<LayerIndex> parse_layers(std::string_view text, int64_t count) {
  std::set<LayerIndex> layers;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(part.size());
    if (!text.empty()) text.remove_prefix(1);
    const std::size_t dash = part.find('-');
    const std::string_view first_text = part.substr(0, dash);
    const std::string_view last_text =
        dash == std::string_view::npos ? first_text : part.substr(dash + 1);
    if (first_text.empty() || last_text.empty()) {
      fail<UsageError>("--layers: expected layers such as 0,2,5-8, found \"{}\"", part);
    }
    const int64_t first = parse_layer(first_text, part, count);
    const int64_t last = parse_layer(last_text, part, count);
    if (last < first) {
      fail<UsageError>("--layers: expected a range from low to high, found \"{}\"", part);
    }
    for (int64_t layer = first; layer <= last; ++layer) {
      layers.insert(LayerIndex{static_cast<int32_t>(layer)});
    }
  }
  return {layers.begin(), layers.end()};
}

}  // namespace aqua::tools
