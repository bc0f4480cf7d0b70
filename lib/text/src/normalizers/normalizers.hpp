// Normalizers: steps that rewrite text before it is cut into words.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "json_node.hpp"
#include "step.hpp"

namespace aqua::text {

/// The normalizer that `config` describes; FormatError when it is malformed or not supported.
std::unique_ptr<Step> make_normalizer(const JsonNode& config);
/// The types that it knows.
std::vector<std::string> normalizer_types();

std::unique_ptr<Step> make_byte_level_normalizer(const JsonNode& config);
std::unique_ptr<Step> make_lowercase(const JsonNode& config);
std::unique_ptr<Step> make_nfc(const JsonNode& config);
std::unique_ptr<Step> make_nfd(const JsonNode& config);
std::unique_ptr<Step> make_nfkc(const JsonNode& config);
std::unique_ptr<Step> make_nfkd(const JsonNode& config);
std::unique_ptr<Step> make_nmt(const JsonNode& config);
std::unique_ptr<Step> make_precompiled(const JsonNode& config);
std::unique_ptr<Step> make_prepend(const JsonNode& config);
std::unique_ptr<Step> make_replace(const JsonNode& config);
std::unique_ptr<Step> make_normalizer_sequence(const JsonNode& config);
std::unique_ptr<Step> make_strip(const JsonNode& config);

}  // namespace aqua::text
