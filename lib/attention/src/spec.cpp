#include "aqua/attention/spec.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "aqua/attention/variants.hpp"
#include "aqua/core/error.hpp"

namespace aqua::attention {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

/// The text before `separator`, which is removed from `rest` together with it.
std::string_view take_until(char separator, std::string_view& rest) {
  const auto end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_valid(const Parameter& parameter, std::string_view value) {
  switch (parameter.kind) {
    case Parameter::Kind::ratio: {
      const auto number = parse_number<double>(value);
      return number && (parameter.low_open ? *number > parameter.low : *number >= parameter.low) &&
             *number <= parameter.high;
    }
    case Parameter::Kind::whole: {
      const auto number = parse_number<int64_t>(value);
      return number && static_cast<double>(*number) >= parameter.low &&
             static_cast<double>(*number) <= parameter.high;
    }
    case Parameter::Kind::word:
      return std::ranges::find(parameter.words, value) != parameter.words.end();
    case Parameter::Kind::text:
      return !value.empty();
  }
  return false;
}

const Parameter& find_parameter(const Variant& variant, std::string_view key,
                                std::string_view spec) {
  const auto found = std::ranges::find(variant.parameters, key, &Parameter::key);
  if (found != variant.parameters.end()) return *found;
  if (variant.parameters.empty()) {
    fail<UsageError>("attention \"{}\": {} has no parameters, found \"{}\"", spec, variant.name,
                     key);
  }
  std::string known;
  for (const Parameter& parameter : variant.parameters) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", parameter.key);
  }
  fail<UsageError>("attention \"{}\": \"{}\" is not a parameter of {}; known: {}", spec, key,
                   variant.name, known);
}

// Bounds what a wrong range such as 0-999999999 can allocate; no model has so many layers.
constexpr int32_t most_layers = 100'000;

std::vector<LayerIndex> parse_layers(std::string_view text, std::string_view spec) {
  std::set<LayerIndex> layers;
  do {
    const std::string_view part = take_until(',', text);
    std::string_view rest = part;
    const std::string_view first_text = take_until('-', rest);
    const bool is_range = part.find('-') != std::string_view::npos;
    const auto first = parse_number<int32_t>(first_text);
    const auto last = is_range ? parse_number<int32_t>(rest) : first;
    if (!first || !last || *first < 0 || *last < *first || *last >= most_layers) {
      fail<UsageError>("attention \"{}\": expected layers such as 0,2,5-8 after @, found \"{}\"",
                       spec, part);
    }
    for (int32_t layer = *first; layer <= *last; ++layer) layers.insert({layer});
  } while (!text.empty());
  return {layers.begin(), layers.end()};
}

}  // namespace

std::string Parameter::range() const {
  switch (kind) {
    case Kind::ratio:
      return low_open ? fmt::format("a number above {} and at most {}", low, high)
                      : fmt::format("a number from {} to {}", low, high);
    case Kind::whole:
      return std::isfinite(high) ? fmt::format("a whole number from {} to {}", low, high)
                                 : fmt::format("a whole number of at least {}", low);
    case Kind::word: {
      std::string known;
      for (const std::string_view word : words) {
        known += fmt::format("{}{}", known.empty() ? "" : ", ", word);
      }
      return "one of " + known;
    }
    case Kind::text:
      return "some text";
  }
  return {};
}

double VariantSpec::number(std::string_view key) const {
  return parse_number<double>(word(key)).value();
}

int64_t VariantSpec::whole(std::string_view key) const {
  return parse_number<int64_t>(word(key)).value();
}

const std::string& VariantSpec::word(std::string_view key) const {
  const auto found = values.find(key);
  if (found == values.end()) {
    fail<std::logic_error>("attention \"{}\": no parameter \"{}\"", text, key);
  }
  return found->second;
}

std::optional<std::string> VariantSpec::given(std::string_view key) const {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

bool VariantSpec::applies_to(LayerIndex layer) const {
  return layers.empty() || std::ranges::binary_search(layers, layer);
}

VariantSpec parse_spec(std::string_view text) {
  text = trimmed(text);
  VariantSpec spec;
  spec.text = std::string(text);
  std::string_view rest = text;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    spec.layers = parse_layers(rest.substr(at + 1), text);
    rest = rest.substr(0, at);
  }
  const bool has_values = rest.find(':') != std::string_view::npos;
  spec.name = std::string(take_until(':', rest));
  const Variant& kind = variant(spec.name);
  while (has_values && (!rest.empty() || spec.values.empty())) {
    const std::string_view part = take_until(',', rest);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) {
      fail<UsageError>("attention \"{}\": expected key=value, found \"{}\"", text, part);
    }
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    const Parameter& parameter = find_parameter(kind, key, text);
    if (!is_valid(parameter, value)) {
      fail<UsageError>("attention \"{}\": {}: expected {}, found \"{}\"", text, key,
                       parameter.range(), value);
    }
    if (!spec.values.emplace(key, value).second) {
      fail<UsageError>("attention \"{}\": \"{}\" is given twice", text, key);
    }
  }
  for (const Parameter& parameter : kind.parameters) {
    if (!parameter.fallback.empty()) spec.values.emplace(parameter.key, parameter.fallback);
  }
  return spec;
}

std::vector<VariantSpec> parse_specs(std::string_view text) {
  std::vector<VariantSpec> specs;
  do {
    const std::string_view part = take_until(';', text);
    if (trimmed(part).empty()) {
      fail<UsageError>("expected attention variants separated by \";\", found an empty one");
    }
    specs.push_back(parse_spec(part));
  } while (!text.empty());
  return specs;
}

}  // namespace aqua::attention
