// One file, or an index and its shards, behind the TensorFile interface.
#include <fmt/ranges.h>

#include <algorithm>

#include "aqua/formats/json_file.hpp"
#include "aqua/formats/mapped_file.hpp"
#include "aqua/formats/safetensors.hpp"
#include "safetensors_header.hpp"

namespace aqua::formats {
namespace {

/// A mapped file and its parsed header.
struct Shard {
  MappedFile file;
  SafetensorsHeader header;

  explicit Shard(const std::filesystem::path& path)
      : file(path), header(parse_safetensors(file.bytes(), path.string())) {}

  const Tensor* find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(header.tensors, name, {}, &Tensor::name);
    return found == header.tensors.end() || found->name != name ? nullptr : &*found;
  }
};

class SingleFile final : public TensorFile {
 public:
  explicit SingleFile(const std::filesystem::path& path) : shard_(path) {}

  const Tensor* find(std::string_view name) const override { return shard_.find(name); }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const Tensor& tensor : shard_.header.tensors) result.push_back(tensor.name);
    return result;
  }
  const std::map<std::string, std::string>& metadata() const override {
    return shard_.header.metadata;
  }
  std::vector<std::filesystem::path> files() const override { return {shard_.file.path()}; }
  void release(const Tensor& tensor) const override { shard_.file.release(tensor.bytes); }

 private:
  Shard shard_;
};

/// model.safetensors.index.json: {"weight_map": {tensor name: file name of its shard}}.
class ShardedFile final : public TensorFile {
 public:
  explicit ShardedFile(const std::filesystem::path& index) {
    const auto map = json_value<nlohmann::json>(read_json(index), "weight_map", index.string());
    if (!map.is_object()) {
      fail<FormatError>("{}: \"weight_map\": expected an object, found {}", index.string(),
                        json_excerpt(map));
    }
    for (const auto& [name, value] : map.items()) {
      const std::string context = fmt::format("{}: \"{}\"", index.string(), name);
      const auto shard_name = json_as<std::string>(value, context);
      const Shard& shard = open_shard(index, shard_name, context);
      const Tensor* tensor = shard.find(name);
      if (tensor == nullptr) {
        fail<FormatError>("{}: expected in {}, found no such tensor there", context, shard_name);
      }
      tensors_.emplace(name, Place{tensor, &shard.file});
    }
    for (const auto& [name, shard] : shards_) {
      metadata_.insert(shard.header.metadata.begin(), shard.header.metadata.end());
    }
  }

  const Tensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : found->second.tensor;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& [name, place] : tensors_) result.push_back(name);
    return result;
  }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }
  std::vector<std::filesystem::path> files() const override {
    std::vector<std::filesystem::path> result;
    for (const auto& [name, shard] : shards_) result.push_back(shard.file.path());
    return result;
  }
  void release(const Tensor& tensor) const override {
    if (const auto found = tensors_.find(tensor.name); found != tensors_.end()) {
      found->second.file->release(tensor.bytes);
    }
  }

 private:
  struct Place {
    const Tensor* tensor;
    const MappedFile* file;
  };

  const Shard& open_shard(const std::filesystem::path& index, const std::string& name,
                          std::string_view context) {
    // An index must not make us open files elsewhere.
    const std::string_view forbidden("/\\\0", 3);
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(forbidden) != std::string::npos) {
      fail<FormatError>("{}: expected a plain file name, found {}", context, json_excerpt(name));
    }
    const auto found = shards_.find(name);
    if (found != shards_.end()) return found->second;
    return shards_.try_emplace(name, index.parent_path() / name).first->second;
  }

  std::map<std::string, Shard> shards_;  // by file name; nodes never move
  std::map<std::string, Place, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace

std::unique_ptr<TensorFile> open_safetensors(const std::filesystem::path& path) {
  if (path.extension() == ".json") return std::make_unique<ShardedFile>(path);
  return std::make_unique<SingleFile>(path);
}

}  // namespace aqua::formats
