#include "facts.hpp"

#include <algorithm>
#include <charconv>

namespace aqua::store {
namespace {

using capture::RopeLayout;

/// An integer attribute within [low, high].
int64_t bounded(const InputFile& file, const char* name, int64_t low,
                int64_t high = std::numeric_limits<int32_t>::max()) {
  const int64_t value = file.int_attribute(root_group, name);
  if (value < low || value > high) {
    file.fail_at(fmt::format("/@{}", name), "expected {} to {}, found {}", low, high, value);
  }
  return value;
}

RopeLayout read_rope_layout(const InputFile& file) {
  const std::string text = file.string_attribute(root_group, "model_rope_layout");
  for (const RopeLayout layout : {RopeLayout::none, RopeLayout::half, RopeLayout::interleaved}) {
    if (text == capture::name(layout)) return layout;
  }
  file.fail_at("/@model_rope_layout", "expected none, half or interleaved, found \"{}\"", text);
}

}  // namespace

void write_format(OutputFile& file, std::string_view format) {
  file.attribute(root_group, "format", format);
  file.attribute(root_group, "format_version", format_version);
}

InputFile open_format(const std::filesystem::path& path, std::string_view format) {
  InputFile file(path);
  const std::string found = file.string_attribute(root_group, "format");
  if (found != format) file.fail_at("/@format", "expected \"{}\", found \"{}\"", format, found);
  const int64_t version = file.int_attribute(root_group, "format_version");
  if (version != format_version) {
    file.fail_at("/@format_version", "expected {}, found {}: written by another version of aqua",
                 format_version, version);
  }
  return file;
}

bool has_format(const std::filesystem::path& path, std::string_view format) {
  if (!InputFile::is_hdf5(path)) return false;
  const InputFile file(path);
  return file.has_string_attribute(root_group, "format") &&
         file.string_attribute(root_group, "format") == format;
}

void write_model(OutputFile& file, const capture::ModelFacts& model) {
  file.attribute(root_group, "model_name", model.name);
  file.attribute(root_group, "model_architecture", model.architecture);
  file.attribute(root_group, "model_sha256", model.sha256);
  file.attribute(root_group, "model_layers", model.layers);
  file.attribute(root_group, "model_query_heads", model.heads.query_heads);
  file.attribute(root_group, "model_kv_heads", model.heads.kv_heads);
  file.attribute(root_group, "model_head_dim", model.heads.head_dim);
  file.attribute(root_group, "model_hidden_size", model.hidden_size);
  file.attribute(root_group, "model_vocabulary", model.vocabulary);
  file.attribute(root_group, "model_rope_layout", capture::name(model.rope_layout));
  if (model.rotary_dims != 0) {
    file.attribute(root_group, "model_rotary_dims", model.rotary_dims);
  }
}

capture::ModelFacts read_model(const InputFile& file) {
  capture::ModelFacts model;
  model.name = file.string_attribute(root_group, "model_name");
  model.architecture = file.string_attribute(root_group, "model_architecture");
  model.sha256 = file.string_attribute(root_group, "model_sha256");
  model.layers = bounded(file, "model_layers", 1);
  model.heads.query_heads = bounded(file, "model_query_heads", 1);
  model.heads.kv_heads = bounded(file, "model_kv_heads", 1);
  model.heads.head_dim = bounded(file, "model_head_dim", 1);
  validate(model.heads, file.name());
  model.hidden_size = bounded(file, "model_hidden_size", 0);
  model.vocabulary = bounded(file, "model_vocabulary", 0);
  model.rope_layout = read_rope_layout(file);
  if (file.has_int_attribute(root_group, "model_rotary_dims")) {
    model.rotary_dims = bounded(file, "model_rotary_dims", 1);
    if (model.rotary_dims > model.heads.head_dim || model.rotary_dims % 2 != 0) {
      file.fail_at("/@model_rotary_dims", "expected an even number, at most {}, found {}",
                   model.heads.head_dim, model.rotary_dims);
    }
  }
  return model;
}

void write_provenance(OutputFile& file, const Provenance& provenance) {
  file.attribute(root_group, "tool_version", provenance.tool_version);
  file.attribute(root_group, "command", provenance.command);
  file.attribute(root_group, "options", provenance.options_json);
  file.attribute(root_group, "date", provenance.date);
  file.attribute(root_group, "kernels", provenance.kernels);
  file.attribute(root_group, "seed", provenance.seed);
  file.attribute(root_group, "threads", static_cast<int64_t>(provenance.threads));

  std::vector<std::string> names;
  std::vector<std::string> paths;
  std::vector<std::string> digests;
  std::vector<int64_t> documents;
  std::vector<int64_t> tokens;
  for (const CorpusFacts& corpus : provenance.corpora) {
    names.push_back(corpus.name);
    paths.push_back(corpus.path);
    digests.push_back(corpus.sha256);
    documents.push_back(corpus.documents);
    tokens.push_back(corpus.tokens);
  }
  file.attribute(root_group, "corpus_name", names);
  file.attribute(root_group, "corpus_path", paths);
  file.attribute(root_group, "corpus_sha256", digests);
  file.attribute(root_group, "corpus_documents", documents);
  file.attribute(root_group, "corpus_tokens", tokens);
}

Provenance read_provenance(const InputFile& file) {
  Provenance provenance;
  provenance.tool_version = file.string_attribute(root_group, "tool_version");
  provenance.command = file.string_attribute(root_group, "command");
  provenance.options_json = file.string_attribute(root_group, "options");
  provenance.date = file.string_attribute(root_group, "date");
  provenance.kernels = file.string_attribute(root_group, "kernels");
  provenance.seed = file.unsigned_attribute(root_group, "seed");
  provenance.threads = static_cast<int>(bounded(file, "threads", 0));

  const auto names = file.string_list_attribute(root_group, "corpus_name");
  const auto paths = file.string_list_attribute(root_group, "corpus_path");
  const auto digests = file.string_list_attribute(root_group, "corpus_sha256");
  const auto documents = file.int_list_attribute(root_group, "corpus_documents");
  const auto tokens = file.int_list_attribute(root_group, "corpus_tokens");
  for (const auto& [name, size] :
       {std::pair("corpus_path", paths.size()), std::pair("corpus_sha256", digests.size()),
        std::pair("corpus_documents", documents.size()),
        std::pair("corpus_tokens", tokens.size())}) {
    if (size != names.size()) {
      file.fail_at(fmt::format("/@{}", name), "expected {} items, as in corpus_name, found {}",
                   names.size(), size);
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    provenance.corpora.push_back({names[i], paths[i], digests[i], documents[i], tokens[i]});
  }
  return provenance;
}

std::string layer_path(LayerIndex layer) { return fmt::format("/layers/{:03}", layer.value); }

std::string site_path(LayerIndex layer, capture::Site site) {
  return fmt::format("{}/{}", layer_path(layer), capture::name(site));
}

std::vector<LayerIndex> read_layers(const InputFile& file, int64_t count) {
  std::vector<LayerIndex> layers;
  for (const std::string& name : file.members("/layers")) {
    LayerIndex layer;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, layer.value);
    const std::string path = "/layers/" + name;
    if (parsed.ec != std::errc() || parsed.ptr != end || layer.value < 0 ||
        layer_path(layer) != path) {
      file.fail_at(path, "expected a layer's number in three digits or more");
    }
    if (layer.value >= count) {
      file.fail_at(path, "expected a layer below model_layers, which is {}", count);
    }
    layers.push_back(layer);
  }
  if (layers.empty()) file.fail_at("/layers", "expected at least one layer, found none");
  std::ranges::sort(layers);
  return layers;
}

}  // namespace aqua::store
