// Opening a checkpoint: a Hugging Face folder (config.json, and model.safetensors or its shards) or
// a GGUF file.
#include <algorithm>
#include <filesystem>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"
#include "aqua/formats/gguf.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/safetensors.hpp"
#include "aqua/model/model.hpp"
#include "checkpoint.hpp"
#include "families/gguf.hpp"
#include "family.hpp"
#include "transformer.hpp"

namespace aqua::model {
namespace {

namespace fs = std::filesystem;

// One file: its digest. Shards: the digest of their digests' lines, in order of their names, so
// that it depends on nothing but the files' contents and names.
std::string digest_of(std::vector<fs::path> files, const CancelToken& cancel) {
  if (files.size() == 1) return sha256_of_file(files.front(), cancel);
  std::ranges::sort(files);
  Sha256 all;
  for (const fs::path& file : files) {
    all.update(fmt::format("{}  {}\n", sha256_of_file(file, cancel), file.filename().string()));
  }
  return all.finish();
}

// Name of a folder, also when it is given as "." or with a slash at its end.
std::string folder_name(const fs::path& folder) {
  const fs::path absolute = fs::weakly_canonical(folder);
  return absolute.filename().empty() ? absolute.parent_path().filename().string()
                                     : absolute.filename().string();
}

// 0 when all d dimensions rotate, or none do. Layers may differ in frequencies, not in how many
// dimensions rotate.
int64_t rotary_dims(const Architecture& architecture) {
  if (architecture.ropes.empty()) return 0;
  const auto dims = 2 * static_cast<int64_t>(architecture.ropes.front().inverse_frequency.size());
  return dims == architecture.heads.head_dim ? 0 : dims;
}

std::unique_ptr<Model> make_model(std::unique_ptr<formats::TensorFile> file,
                                  Architecture architecture, const Family& family,
                                  const TensorNames& names, std::string name, bool digest,
                                  const CancelToken& cancel, const ComputeSettings& compute) {
  architecture.family = family.model_type;
  capture::ModelFacts facts;
  facts.name = std::move(name);
  facts.architecture = architecture.family;
  facts.layers = architecture.layers;
  facts.heads = architecture.heads;
  facts.hidden_size = architecture.hidden_size;
  facts.vocabulary = architecture.vocabulary;
  facts.rope_layout = architecture.rope_layout;
  facts.rotary_dims = rotary_dims(architecture);
  if (digest) facts.sha256 = digest_of(file->files(), cancel);
  return std::make_unique<Transformer>(std::move(file), std::move(architecture), names,
                                       std::move(facts), compute);
}

std::unique_ptr<Model> load_folder(const fs::path& folder, bool digest, const CancelToken& cancel,
                                   const ComputeSettings& compute) {
  const fs::path config_path = folder / "config.json";
  const LanguageModel language =
      language_model_of(formats::read_json(config_path), config_path.string());
  Architecture architecture = language.family.read(language.config, language.context);
  auto file = formats::open_safetensors(weights_file(folder));
  const TensorNames names = names_in(language, *file);
  if (language.multimodal) {
    // Which of its two configs decides differs between versions of transformers; the file does not.
    architecture.tied_embeddings =
        file->find(fmt::format("{}.weight", names.output_head)) == nullptr;
  }
  return make_model(std::move(file), std::move(architecture), language.family, names,
                    folder_name(folder), digest, cancel, compute);
}

std::unique_ptr<Model> load_gguf(const fs::path& path, bool digest, const CancelToken& cancel,
                                 const ComputeSettings& compute) {
  auto file = formats::open_gguf(path);
  const Family& family = family_of(*file);
  Architecture architecture = family.read_gguf(*file);
  const TensorNames names = names_in(*file, family.gguf_names);
  return make_model(std::move(file), std::move(architecture), family, names, path.stem().string(),
                    digest, cancel, compute);
}

}  // namespace

fs::path weights_file(const fs::path& folder) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"}) {
    std::error_code ignored;
    if (fs::exists(folder / name, ignored)) return folder / name;
  }
  fail<FormatError>("{}: expected model.safetensors or model.safetensors.index.json, found neither",
                    folder.string());
}

std::unique_ptr<Model> load_model(const fs::path& path, bool digest, const CancelToken& cancel,
                                  const ComputeSettings& compute) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) fail<FormatError>("{}: no such model", path.string());
  if (fs::is_directory(path, ignored)) return load_folder(path, digest, cancel, compute);
  if (path.extension() == ".gguf") return load_gguf(path, digest, cancel, compute);
  fail<FormatError>("{}: expected a model folder with config.json or a .gguf file, found neither",
                    path.string());
}

}  // namespace aqua::model
