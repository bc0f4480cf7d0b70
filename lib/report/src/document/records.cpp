#include "records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace aqua::report::document {
namespace {

bool is_number_line(const std::vector<Place>& places) {
  return std::ranges::all_of(places, [](const Place& p) { return std::isfinite(p.number); });
}

/// [place as it came] → its rank on the axis.
std::vector<std::size_t> ranks(const std::vector<Place>& places) {
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (is_number_line(places)) {
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return places[i].number; });
  }
  std::vector<std::size_t> rank(places.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
  return rank;
}

}  // namespace

Place place(std::string label) { return {.label = std::move(label)}; }
Place place(double number) { return {.label = fmt::format("{:.6g}", number), .number = number}; }
Place place(int64_t number) {
  return {.label = std::to_string(number), .number = static_cast<double>(number)};
}
Place ratio_place(double k_ratio, int64_t k) {
  return {.label = fmt::format("{:.4g} (k = {})", k_ratio, k), .number = k_ratio};
}

std::vector<std::size_t> usual_choice(const Cube& cube) {
  std::vector<std::size_t> chosen(cube.dimensions.size(), 0);
  for (std::size_t d = 0; d < cube.dimensions.size(); ++d) {
    const Dimension& dimension = cube.dimensions[d];
    if (dimension.key == "k_ratio") chosen[d] = dimension.labels.size() / 2;
    const auto dynamic = std::ranges::find(dimension.labels, "dynamic");
    if (dimension.key == "selection" && dynamic != dimension.labels.end()) {
      chosen[d] = static_cast<std::size_t>(dynamic - dimension.labels.begin());
    }
  }
  return chosen;
}

Records::Records(std::vector<std::pair<std::string, std::string>> dimensions) {
  for (auto& [key, label] : dimensions) axes_.push_back({std::move(key), std::move(label), {}});
}

void Records::add(std::vector<Place> places, double value, double low, double high) {
  Record record{.places = {}, .value = value, .low = low, .high = high};
  for (std::size_t d = 0; d < axes_.size(); ++d) {
    std::vector<Place>& known = axes_[d].places;
    auto found = std::ranges::find(known, places[d].label, &Place::label);
    if (found == known.end()) found = known.insert(known.end(), std::move(places[d]));
    record.places.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  records_.push_back(std::move(record));
}

std::shared_ptr<const Cube> Records::cube(std::string_view context) const {
  std::vector<Dimension> dimensions;
  std::vector<std::vector<std::size_t>> rank;
  for (const Axis& axis : axes_) {
    rank.push_back(ranks(axis.places));
    Dimension dimension{.key = axis.key, .label = axis.label, .labels = {}};
    dimension.labels.resize(axis.places.size());
    const bool numbers = is_number_line(axis.places);
    if (numbers) dimension.numbers.resize(axis.places.size());
    for (std::size_t i = 0; i < axis.places.size(); ++i) {
      dimension.labels[rank.back()[i]] = axis.places[i].label;
      if (numbers) dimension.numbers[rank.back()[i]] = axis.places[i].number;
    }
    dimensions.push_back(std::move(dimension));
  }
  const bool intervals = std::ranges::any_of(
      records_, [](const Record& r) { return std::isfinite(r.low) && std::isfinite(r.high); });
  Cube cube = Cube::make(std::move(dimensions), intervals, context);
  for (const Record& record : records_) {
    std::vector<std::size_t> places;
    for (std::size_t d = 0; d < rank.size(); ++d) places.push_back(rank[d][record.places[d]]);
    const std::size_t at = cube.at(places);
    cube.values[at] = record.value;
    if (intervals) {
      cube.low[at] = record.low;
      cube.high[at] = record.high;
    }
  }
  return std::make_shared<const Cube>(std::move(cube));
}

}  // namespace aqua::report::document
