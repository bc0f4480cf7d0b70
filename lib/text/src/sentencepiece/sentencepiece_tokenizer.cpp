#include "sentencepiece/sentencepiece_tokenizer.hpp"

#include <map>
#include <set>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/mapped_file.hpp"
#include "json_node.hpp"
#include "sentencepiece/sentencepiece_model.hpp"

namespace aqua::text {
namespace {

using nlohmann::json;

json added_token(int64_t id, const std::string& content) {
  return {{"id", id},        {"content", content}, {"single_word", false},
          {"lstrip", false}, {"rstrip", false},    {"normalized", false}};
}

// "added_tokens_decoder" maps an id, as text, to a token with its flags.
void read_decoder(const JsonNode& config, std::map<int64_t, json>& tokens) {
  if (!config.json().is_object()) config.fail_expected("an object");
  for (const auto& [key, value] : config.json().items()) {
    const JsonNode entry = config.at(key);
    int64_t id = 0;
    for (const char c : key) {
      if (c < '0' || c > '9' || key.size() > 9) entry.fail_expected("an id as its name");
      id = 10 * id + (c - '0');
    }
    json token = added_token(id, entry.at("content").string());
    for (const char* flag : {"single_word", "lstrip", "rstrip"}) {
      token[flag] = entry.boolean_or(flag, false);
    }
    tokens[id] = std::move(token);
  }
}

// Control pieces, the unknown piece, and what the other files add; later ones count.
json collect_added_tokens(const SentencePieceFile& model, const JsonNode& config,
                          const JsonNode& added) {
  using Type = SentencePieceFile::Type;
  std::map<int64_t, json> tokens;
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePieceFile::Piece& piece = model.pieces[id];
    if (piece.type != Type::control && piece.type != Type::unknown) continue;
    tokens[static_cast<int64_t>(id)] = added_token(static_cast<int64_t>(id), piece.text);
  }
  if (!added.json().is_object()) added.fail_expected("an object");
  for (const auto& [content, value] : added.json().items()) {
    const int64_t id = added.at(content).integer(0);
    tokens[id] = added_token(id, content);
  }
  if (const auto decoder = config.find("added_tokens_decoder")) read_decoder(*decoder, tokens);
  json list = json::array();
  for (auto& [id, token] : tokens) list.push_back(std::move(token));
  return list;
}

json ends_of_text(const SentencePieceFile& model, const JsonNode& config) {
  json slots = json::array();
  json special = json::object();
  const auto append = [&](std::string_view flag, bool fallback, const std::string& piece) {
    const int64_t id = model.id_of(piece);
    const auto stated = config.find(flag);
    if (!(stated ? stated->boolean() : fallback && id >= 0)) return;
    if (id < 0) stated->fail_expected("false, as the model has no piece \"" + piece + "\"");
    slots.push_back({{"SpecialToken", {{"id", piece}}}});
    special[piece] = {{"ids", json::array({id})}};
  };
  append("add_bos_token", true, model.begin_piece);
  slots.push_back({{"Sequence", {{"id", "A"}}}});
  append("add_eos_token", false, model.end_piece);
  if (special.empty()) return nullptr;
  return {{"type", "TemplateProcessing"}, {"single", slots}, {"special_tokens", special}};
}

json read_if_there(const std::filesystem::path& path) {
  return std::filesystem::exists(path) ? formats::read_json(path) : json::object();
}

}  // namespace

TokenizerParts parse_sentencepiece_tokenizer(std::string_view model, const std::string& file,
                                             const json& config, const json& added) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  const JsonNode config_node(config, (folder / "tokenizer_config.json").string());
  const JsonNode added_node(added, (folder / "added_tokens.json").string());
  SentencePieceFile pieces = read_sentencepiece_file(model, file);
  TokenizerParts parts;
  parts.document["added_tokens"] = collect_added_tokens(pieces, config_node, added_node);
  parts.document["post_processor"] = ends_of_text(pieces, config_node);
  const PrefixSpace prefix = config_node.boolean_or("legacy", true) ? PrefixSpace::every_stretch
                                                                    : PrefixSpace::start_of_text;
  parts.model = make_sentencepiece_model(std::move(pieces), prefix, file);
  return parts;
}

TokenizerParts read_sentencepiece_tokenizer(const std::filesystem::path& path) {
  const formats::MappedFile mapped(path);
  const auto* bytes = reinterpret_cast<const char*>(mapped.bytes().data());
  const auto folder = path.parent_path();
  return parse_sentencepiece_tokenizer({bytes, mapped.bytes().size()}, path.string(),
                                       read_if_there(folder / "tokenizer_config.json"),
                                       read_if_there(folder / "added_tokens.json"));
}

std::vector<std::string> sentencepiece_models() { return {"BPE", "Unigram"}; }

}  // namespace aqua::text
