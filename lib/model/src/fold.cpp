#include "aqua/model/fold.hpp"

#include <unistd.h>

#include <algorithm>

#include "aqua/core/atomic_file.hpp"
#include "aqua/core/error.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/safetensors.hpp"
#include "aqua/model/compute.hpp"
#include "checkpoint.hpp"
#include "family.hpp"
#include "weight_reader.hpp"

namespace aqua::model {
namespace {

namespace fs = std::filesystem;

void require_foldable(const Architecture& architecture, const std::string& model) {
  const bool rotary = std::ranges::any_of(
      architecture.layer, [](const LayerSettings& layer) { return layer.rope >= 0; });
  if (rotary) {
    fail<UsageError>(
        "{}: the rotary embedding turns queries and keys by their position after the projection, "
        "and "
        "no matrix inside the weights can stand for a rotation that comes after it; export the "
        "projections without --fold, for the runtime to apply after the rotary embedding",
        model);
  }
  const auto refuse = [&](std::string_view what) {
    fail<UsageError>(
        "{}: {} stands between the query and key weights and their dot product, so that "
        "P cannot be folded into them; export the projections without --fold",
        model, what);
  };
  if (architecture.qk_norm != QkNorm::none) refuse("QK-norm");
  if (architecture.qkv_limit) refuse("clipping (clip_qkv)");
}

void check_maps(const FoldMaps& maps, const Architecture& architecture, const std::string& model) {
  const HeadLayout& heads = architecture.heads;
  for (const auto& [layer, of_layer] : maps) {
    const bool fits = layer.value >= 0 && layer.value < architecture.layers &&
                      std::ssize(of_layer) == heads.kv_heads &&
                      std::ranges::all_of(of_layer, [&](const Matrix<double>& map) {
                        return map.rows() == heads.head_dim && map.cols() == heads.head_dim;
                      });
    if (!fits) {
      fail<FormatError>(
          "{}: expected {} maps [{}, {}] for each of layers 0 to {}, found others for layer {}",
          model, heads.kv_heads, heads.head_dim, heads.head_dim, architecture.layers - 1,
          layer.value);
    }
  }
}

/// A folder under a temporary name, removed unless it is renamed in the end.
class AtomicFolder {
 public:
  explicit AtomicFolder(fs::path final_path) : final_(std::move(final_path)) {
    // "out/" names the same folder as "out".
    if (!final_.has_filename()) final_ = final_.parent_path();
    std::error_code error;
    if (fs::exists(fs::symlink_status(final_, error))) {
      fail<UsageError>("{}: exists already; choose another --output", final_.string());
    }
    temporary_ = final_;
    temporary_ += fmt::format(".tmp-{}", ::getpid());
    if (!fs::create_directory(temporary_, error)) {
      fail<FormatError>("{}: cannot be written: {}", final_.string(), error.message());
    }
  }
  ~AtomicFolder() {
    std::error_code ignored;
    if (!committed_) fs::remove_all(temporary_, ignored);
  }
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const fs::path& path() const { return temporary_; }
  void commit() {
    std::error_code error;
    fs::rename(temporary_, final_, error);
    if (error) fail<FormatError>("{}: cannot be written: {}", final_.string(), error.message());
    committed_ = true;
  }

 private:
  fs::path final_;
  fs::path temporary_;
  bool committed_ = false;
};

// Everything but weights, in whatever form, and folders.
void copy_other_files(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    const bool weights =
        name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") ||
        name.ends_with(".bin") || name.ends_with(".bin.index.json") || name.ends_with(".gguf") ||
        name.ends_with(".h5") || name.ends_with(".msgpack") || name.ends_with(".pt") ||
        name.ends_with(".pth") || name.ends_with(".ot") || name.ends_with(".onnx");
    if (weights || !entry.is_regular_file()) continue;
    std::error_code error;
    if (!fs::copy_file(entry.path(), to / name, error)) {
      fail<FormatError>("{}: cannot be copied: {}", entry.path().string(), error.message());
    }
  }
}

}  // namespace

void write_folded(const fs::path& folder, const fs::path& output, const FoldMaps& maps,
                  const CancelToken& cancel) {
  const std::string model = folder.string();
  if (!fs::is_directory(folder)) {
    fail<UsageError>("{}: folding needs a model folder as transformers has it, found none", model);
  }
  const auto config = formats::read_json(folder / "config.json");
  const std::string context = (folder / "config.json").string();
  const Family& family = family_of(config, context);
  const Architecture architecture = family.read(config, context);
  require_foldable(architecture, model);
  check_maps(maps, architecture, model);
  const auto file = formats::open_safetensors(weights_file(folder));
  const auto products =
      choose_products(Compute::reference, false);  // the reader wants one; none runs
  const WeightReader reader(*file, architecture, family.names, *products);
  reader.check();

  AtomicFolder target(output);
  std::vector<FoldedTensor> folded;
  for (const auto& [layer, of_layer] : maps) {
    cancel.check();
    for (FoldedTensor& tensor : reader.fold_query_key(layer, of_layer)) {
      folded.push_back(std::move(tensor));
    }
  }
  std::vector<formats::NewTensor> tensors;
  for (const std::string& name : file->names()) {
    const auto found = std::ranges::find(folded, name, &FoldedTensor::name);
    const formats::Tensor& stored = *file->find(name);
    if (found == folded.end()) {
      tensors.push_back({name, stored.dtype, stored.shape, stored.bytes});
    } else {
      tensors.push_back({name, formats::DType::f32, found->shape,
                         std::as_bytes(std::span<const float>(found->values))});
    }
  }
  cancel.check();
  AtomicFile weights(target.path() / "model.safetensors");
  formats::write_safetensors(weights, tensors, {{"format", "pt"}});
  weights.commit();
  copy_other_files(folder, target.path());
  target.commit();
}

}  // namespace aqua::model
