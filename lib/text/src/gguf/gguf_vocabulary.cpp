#include "gguf/gguf_vocabulary.hpp"

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>

#include "aqua/core/error.hpp"

namespace aqua::text {
namespace {

using formats::gguf_value;
using formats::gguf_value_or;
using nlohmann::json;

constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
constexpr std::string_view kTypes = "tokenizer.ggml.token_type";

json special_slot(const std::string& token) {
  return {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
}

bool is_searched(TokenType type) {
  return type == TokenType::control || type == TokenType::user_defined ||
         type == TokenType::unknown;
}

}  // namespace

GgufVocabulary read_gguf_vocabulary(const formats::GgufFile& file) {
  GgufVocabulary result{.file = file,
                        .name = file.files().front().string(),
                        .tokens = gguf_value<std::vector<std::string>>(file, kTokens),
                        .types = {}};
  if (result.tokens.size() > INT32_MAX) {
    fail<FormatError>("{}: \"{}\": expected at most {} tokens, found {}", result.name, kTokens,
                      INT32_MAX, result.tokens.size());
  }
  std::unordered_set<std::string_view> known;
  for (std::size_t id = 0; id < result.tokens.size(); ++id) {
    std::string& token = result.tokens[id];
    if (token.empty()) token = fmt::format("[EMPTY_{}]", id);  // as llama.cpp names them
    if (!known.insert(token).second) {
      fail<FormatError>("{}: \"{}\": token {} appears twice: \"{}\"", result.name, kTokens, id,
                        token);
    }
  }
  result.types.assign(result.tokens.size(), TokenType::normal);
  const auto types = gguf_value_or<std::vector<int64_t>>(file, kTypes, {});
  if (!types.empty() && types.size() != result.tokens.size()) {
    fail<FormatError>("{}: \"{}\": expected {} types, one for each token, found {}", result.name,
                      kTypes, result.tokens.size(), types.size());
  }
  for (std::size_t id = 0; id < types.size(); ++id) {
    result.types[id] = static_cast<TokenType>(types[id]);
  }
  return result;
}

int64_t gguf_token_id(const GgufVocabulary& vocabulary, std::string_view key, int64_t fallback) {
  const auto count = static_cast<int64_t>(vocabulary.tokens.size());
  if (!vocabulary.file.values().contains(key)) return fallback < count ? fallback : -1;
  const auto id = gguf_value<int64_t>(vocabulary.file, key);
  if (id < 0 || id >= count) {
    fail<FormatError>("{}: \"{}\": expected an id below {}, found {}", vocabulary.name, key, count,
                      id);
  }
  return id;
}

json gguf_added_tokens(const GgufVocabulary& vocabulary) {
  json result = json::array();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const TokenType type = vocabulary.types[id];
    if (!is_searched(type)) continue;
    result.push_back({{"id", id},
                      {"content", vocabulary.tokens[id]},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", type != TokenType::user_defined}});
  }
  return result;
}

json gguf_post_processor(const GgufVocabulary& vocabulary, const GgufEnds& unstated) {
  json slots = json::array();
  json special = json::object();
  const auto append = [&](std::string_view flag, bool fallback, std::string_view key,
                          int64_t unstated_id) {
    if (!gguf_value_or<bool>(vocabulary.file, flag, fallback)) return;
    const int64_t id = gguf_token_id(vocabulary, key, unstated_id);
    if (id < 0) fail<FormatError>("{}: \"{}\" is missing", vocabulary.name, key);
    const std::string& token = vocabulary.tokens[static_cast<std::size_t>(id)];
    slots.push_back(special_slot(token));
    special[token] = {{"id", token}, {"ids", json::array({id})}, {"tokens", json::array({token})}};
  };
  append("tokenizer.ggml.add_bos_token", unstated.begins, "tokenizer.ggml.bos_token_id",
         unstated.begin_id);
  slots.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  append("tokenizer.ggml.add_eos_token", unstated.ends, "tokenizer.ggml.eos_token_id",
         unstated.end_id);
  if (special.empty()) return nullptr;
  return {{"type", "TemplateProcessing"},
          {"single", slots},
          {"pair", slots},
          {"special_tokens", special}};
}

}  // namespace aqua::text
