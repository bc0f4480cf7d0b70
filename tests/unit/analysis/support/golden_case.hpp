// The made-up case of tests/golden/analysis/retention.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {

using Json = nlohmann::json;

/// A file of tests/golden/analysis.
Json golden(const std::string& name);
FakeSource source_of(const Json& retention);
std::vector<NamedBasis> bases_of(const Json& retention);

}  // namespace aqua::analysis::testing
