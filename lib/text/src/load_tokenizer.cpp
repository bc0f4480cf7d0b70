#include "load_tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/formats/gguf.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/mapped_file.hpp"
#include "gguf/gguf_tokenizer.hpp"
#include "normalizers/normalizers.hpp"
#include "pipeline.hpp"
#include "pre_tokenizers/pre_tokenizers.hpp"
#include "sentencepiece/sentencepiece_tokenizer.hpp"

namespace aqua::text {
namespace {

// One more than the largest id; that of the post-processor must be one of a token.
int64_t count_ids(const Model& model, const std::vector<AddedToken>& added,
                  const PostProcessor* post_processor, const JsonNode& root) {
  int64_t size = model.vocabulary_size();
  for (const AddedToken& token : added) size = std::max<int64_t>(size, token.id + 1);
  if (post_processor != nullptr && post_processor->largest_id() >= size) {
    fail<FormatError>("{}: expected ids below {}, the number of tokens, found {}",
                      root.at("post_processor").where(), size, post_processor->largest_id());
  }
  return size;
}

// Without a model, the one that the document describes.
std::unique_ptr<Tokenizer> build(const JsonNode& root, std::unique_ptr<Model> model = nullptr) {
  if (const auto version = root.find("version"); version && version->string() != "1.0") {
    version->fail_expected("\"1.0\"");
  }
  if (!model) model = make_model(root.at("model"));
  std::unique_ptr<Step> normalizer, pre_tokenizer;
  std::unique_ptr<PostProcessor> post_processor;
  if (const auto config = root.find("normalizer")) normalizer = make_normalizer(*config);
  if (const auto config = root.find("pre_tokenizer")) pre_tokenizer = make_pre_tokenizer(*config);
  if (const auto config = root.find("post_processor")) {
    post_processor = make_post_processor(*config);
  }
  std::vector<AddedToken> added;
  if (const auto config = root.find("added_tokens")) added = read_added_tokens(*config, *model);
  const int64_t size = count_ids(*model, added, post_processor.get(), root);
  const std::string context = root.file() + ": \"added_tokens\"";
  AddedTokenSplitter raw_tokens(added, false, nullptr, context);
  AddedTokenSplitter normalized_tokens(added, true, normalizer.get(), context);
  return std::make_unique<Pipeline>(PipelineParts{
      .raw_tokens = std::move(raw_tokens),
      .normalizer = std::move(normalizer),
      .normalized_tokens = std::move(normalized_tokens),
      .pre_tokenizer = std::move(pre_tokenizer),
      .model = std::move(model),
      .post_processor = std::move(post_processor),
      .vocabulary_size = size,
  });
}

}  // namespace

std::unique_ptr<Tokenizer> parse_tokenizer(std::string_view json, const std::string& file) {
  // A token that appears twice in the vocabulary must not silently lose one of its ids.
  const nlohmann::json root = formats::parse_json_unique(json, file);
  return build(JsonNode(root, file));
}

std::unique_ptr<Tokenizer> build_tokenizer(TokenizerParts parts, const std::string& file) {
  return build(JsonNode(parts.document, file), std::move(parts.model));
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  fs::path file = path;
  if (fs::is_directory(path)) {
    file = path / "tokenizer.json";
    if (!fs::exists(file) && fs::exists(path / "tokenizer.model")) file = path / "tokenizer.model";
  }
  if (file.extension() == ".gguf") {
    return build_tokenizer(read_gguf_tokenizer(*formats::open_gguf(file)), file.string());
  }
  if (file.extension() == ".model") {
    return build_tokenizer(read_sentencepiece_tokenizer(file), file.string());
  }
  const formats::MappedFile bytes(file);
  return parse_tokenizer(
      {reinterpret_cast<const char*>(bytes.bytes().data()), bytes.bytes().size()}, file.string());
}

}  // namespace aqua::text
