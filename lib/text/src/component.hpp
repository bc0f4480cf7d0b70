// How a component of a tokenizer.json finds its implementation: each type is one file with a `make`
// function and one line in its kind's registry.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json_node.hpp"

namespace aqua::text {

template <class Interface>
struct Component {
  std::string_view type;  ///< as in the file's "type"
  std::unique_ptr<Interface> (*make)(const JsonNode& config);
};

/// The component that config's "type" names. FormatError that lists the known types when there is
/// none, or when components are nested too deep to be meant.
template <class Interface>
std::unique_ptr<Interface> make_component(const JsonNode& config,
                                          std::span<const Component<Interface>> known) {
  constexpr int deepest = 32;
  if (config.depth() > deepest) config.fail_expected("no deeper nesting");
  const JsonNode type = config.at("type");
  const std::string name = type.string();
  std::string names;
  for (const auto& component : known) {
    if (component.type == name) return component.make(config);
    names += names.empty() ? "" : ", ";
    names += component.type;
  }
  type.fail_expected("one of the supported types " + names);
}

/// The types of these components, in order.
template <class Interface>
std::vector<std::string> component_types(std::span<const Component<Interface>> known) {
  std::vector<std::string> types;
  for (const auto& component : known) types.emplace_back(component.type);
  return types;
}

}  // namespace aqua::text
