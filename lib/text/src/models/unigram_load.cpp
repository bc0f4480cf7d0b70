#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "models/unigram.hpp"

namespace aqua::text {
namespace {

// [["▁the", -3.5], …], by id.
std::vector<ScoredToken> read_tokens(const JsonNode& config) {
  const nlohmann::json& entries = config.json();
  if (!entries.is_array()) config.fail_expected("a list");
  std::vector<ScoredToken> tokens;
  tokens.reserve(entries.size());
  for (const auto& entry : entries) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      fail<FormatError>("{}: entry {}: expected a token and its score, found {}", config.where(),
                        tokens.size(), formats::json_excerpt(entry));
    }
    tokens.push_back({entry[0].get<std::string>(), entry[1].get<double>()});
  }
  return tokens;
}

}  // namespace

std::unique_ptr<Model> make_unigram(const JsonNode& config) {
  std::vector<ScoredToken> tokens = read_tokens(config.at("vocab"));
  UnigramOptions options{.unknown = std::nullopt,
                         .byte_fallback = config.boolean_or("byte_fallback", false)};
  if (const auto unknown = config.find("unk_id")) {
    const int64_t id = unknown->integer(0);
    const auto count = static_cast<int64_t>(tokens.size());
    if (id >= count) unknown->fail_expected(fmt::format("an id below {}", count));
    options.unknown = static_cast<int32_t>(id);
  }
  return std::make_unique<Unigram>(std::move(tokens), options);
}

}  // namespace aqua::text
