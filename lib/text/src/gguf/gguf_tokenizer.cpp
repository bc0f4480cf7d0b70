#include "gguf/gguf_tokenizer.hpp"

#include <string>
#include <vector>

#include "aqua/core/error.hpp"
#include "gguf/pre_tokenizer_kinds.hpp"

namespace aqua::text {
namespace {

using formats::gguf_value;
using formats::gguf_value_or;
using nlohmann::json;

// Values of "tokenizer.ggml.token_type" that are not ordinary text.
constexpr int64_t control = 3;
constexpr int64_t user_defined = 4;

const std::string tokens_key = "tokenizer.ggml.tokens";

json vocabulary(const std::vector<std::string>& tokens, const std::string& file) {
  json result = json::object();
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (!result.emplace(tokens[id], id).second) {
      fail<FormatError>("{}: \"{}\": token {} appears twice: \"{}\"", file, tokens_key, id,
                        tokens[id]);
    }
  }
  return result;
}

json added_tokens(const std::vector<std::string>& tokens, const std::vector<int64_t>& types) {
  json result = json::array();
  for (std::size_t id = 0; id < tokens.size() && id < types.size(); ++id) {
    if (types[id] != control && types[id] != user_defined) continue;
    result.push_back({{"id", id},
                      {"content", tokens[id]},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", types[id] == control}});
  }
  return result;
}

// A begin-of-text token before every text.
json begin_of_text(const formats::GgufFile& file, const std::vector<std::string>& tokens,
                   const std::string& name) {
  const auto id = gguf_value<int64_t>(file, "tokenizer.ggml.bos_token_id");
  if (id < 0 || id >= static_cast<int64_t>(tokens.size())) {
    fail<FormatError>("{}: \"tokenizer.ggml.bos_token_id\": expected an id below {}, found {}",
                      name, tokens.size(), id);
  }
  const std::string& token = tokens[static_cast<std::size_t>(id)];
  const json special = {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
  const json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  return {
      {"type", "TemplateProcessing"},
      {"single", json::array({special, text})},
      {"pair", json::array({special, text})},
      {"special_tokens",
       {{token, {{"id", token}, {"ids", json::array({id})}, {"tokens", json::array({token})}}}}}};
}

}  // namespace

json tokenizer_document(const formats::GgufFile& file) {
  const std::string name = file.files().front().string();
  const auto& type = gguf_value<std::string>(file, "tokenizer.ggml.model");
  if (type != "gpt2") {
    fail<FormatError>("{}: \"tokenizer.ggml.model\": expected gpt2 (byte-level BPE), found \"{}\"",
                      name, type);
  }
  const PreTokenizerKind kind = pre_tokenizer_kind(
      gguf_value<std::string>(file, "tokenizer.ggml.pre"), name + ": \"tokenizer.ggml.pre\"");
  const auto& tokens = gguf_value<std::vector<std::string>>(file, tokens_key);
  const auto types = gguf_value_or<std::vector<int64_t>>(file, "tokenizer.ggml.token_type", {});
  json document;
  document["added_tokens"] = added_tokens(tokens, types);
  document["normalizer"] = kind.normalizer;
  document["pre_tokenizer"] = kind.pre_tokenizer;
  document["model"] = {
      {"type", "BPE"},
      {"vocab", vocabulary(tokens, name)},
      {"merges", gguf_value<std::vector<std::string>>(file, "tokenizer.ggml.merges")},
      {"ignore_merges", kind.ignore_merges}};
  // Kinds whose tokenizers always begin a text do not say so in every file.
  const bool begins = gguf_value_or<bool>(file, "tokenizer.ggml.add_bos_token", kind.ignore_merges);
  if (begins) document["post_processor"] = begin_of_text(file, tokens, name);
  return document;
}

}  // namespace aqua::text
