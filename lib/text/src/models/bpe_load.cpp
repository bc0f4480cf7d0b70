#include <utility>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "models/bpe.hpp"

namespace aqua::text {
namespace {

// Ids must be 0 … n−1, each once. A gap would be filled by the first added token, in the reference.
Vocabulary read_vocabulary(const JsonNode& config) {
  const nlohmann::json& entries = config.json();
  if (!entries.is_object()) config.fail_expected("an object");
  const auto size = static_cast<int64_t>(entries.size());
  std::vector<const std::string*> by_id(entries.size(), nullptr);
  Vocabulary vocabulary;
  vocabulary.reserve(entries.size());
  for (const auto& [token, value] : entries.items()) {
    if (!value.is_number_integer() || value < 0 || value >= size) {
      fail<FormatError>(
          "{}: \"{}\": expected an id from 0 to {}, one less than the number of tokens, "
          "found {}",
          config.where(), token, size - 1, formats::json_excerpt(value));
    }
    const auto id = value.get<int32_t>();
    const auto [entry, is_new] = vocabulary.emplace(token, id);
    if (by_id[id] != nullptr) {
      fail<FormatError>("{}: \"{}\" and \"{}\" have the same id {}", config.where(), *by_id[id],
                        token, id);
    }
    by_id[id] = &entry->first;
  }
  return vocabulary;
}

// ["a", "b"], or "a b" as in older files.
std::pair<std::string, std::string> read_pair(const nlohmann::json& merge,
                                              const std::string& where) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  if (merge.is_string()) {
    const auto& text = merge.get_ref<const std::string&>();
    const std::size_t space = text.find(' ');
    if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  }
  fail<FormatError>("{}: expected a pair of tokens, found {}", where, formats::json_excerpt(merge));
}

int32_t token_id(const Vocabulary& vocabulary, std::string_view token, const std::string& where) {
  const auto found = vocabulary.find(token);
  if (found == vocabulary.end()) {
    fail<FormatError>("{}: \"{}\" is not in the vocabulary", where, token);
  }
  return found->second;
}

MergeTable read_merges(const JsonNode& config, const Vocabulary& vocabulary,
                       const std::string& continuing_prefix) {
  const nlohmann::json& entries = config.json();
  if (!entries.is_array()) config.fail_expected("a list");
  MergeTable merges(entries.size());
  int32_t rank = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].is_string() &&
        entries[i].get_ref<const std::string&>().starts_with("#version")) {
      continue;
    }
    const std::string where = fmt::format("{}: entry {}", config.where(), i);
    const auto [left, right] = read_pair(entries[i], where);
    const int32_t left_id = token_id(vocabulary, left, where);
    const int32_t right_id = token_id(vocabulary, right, where);
    if (right.size() < continuing_prefix.size()) {
      fail<FormatError>("{}: expected \"{}\" to start with \"{}\"", where, right,
                        continuing_prefix);
    }
    const std::string merged = left + right.substr(continuing_prefix.size());
    merges.set(left_id, right_id, {rank++, token_id(vocabulary, merged, where)});
  }
  return merges;
}

std::string string_or_empty(const JsonNode& config, std::string_view key) {
  const auto node = config.find(key);
  return node ? node->string() : "";
}

}  // namespace

std::unique_ptr<Model> make_bpe(const JsonNode& config) {
  if (const auto dropout = config.find("dropout")) {
    if (dropout->json() != 0) dropout->fail_expected("null (random merges are not supported)");
  }
  Vocabulary vocabulary = read_vocabulary(config.at("vocab"));
  BpeOptions options{
      .continuing_prefix = string_or_empty(config, "continuing_subword_prefix"),
      .word_suffix = string_or_empty(config, "end_of_word_suffix"),
      .unknown = std::nullopt,
      .fuse_unknown = config.boolean_or("fuse_unk", false),
      .byte_fallback = config.boolean_or("byte_fallback", false),
      .whole_words_first = config.boolean_or("ignore_merges", false),
  };
  if (const auto unknown = config.find("unk_token")) {
    options.unknown = token_id(vocabulary, unknown->string(), unknown->where());
  }
  MergeTable merges = read_merges(config.at("merges"), vocabulary, options.continuing_prefix);
  return std::make_unique<Bpe>(std::move(vocabulary), std::move(merges), std::move(options));
}

}  // namespace aqua::text
