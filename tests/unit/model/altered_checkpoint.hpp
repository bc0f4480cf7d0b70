// A copy of a golden checkpoint that a test spoils on purpose.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aqua/core/atomic_file.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/formats/safetensors.hpp"
#include "model_fixture.hpp"
#include "temporary_folder.hpp"

namespace aqua::model {

class AlteredCheckpoint {
 public:
  explicit AlteredCheckpoint(const std::string& golden) {
    std::filesystem::copy(golden_folder(golden), path());
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return (path() / name).string(); }
  std::unique_ptr<Model> load() const { return model::load(path()); }

  void remove(const std::string& name) const { std::filesystem::remove(path() / name); }
  /// Merges `changes` into config.json; a null removes its key.
  void configure(const nlohmann::json& changes) const {
    auto config = formats::read_json(path() / "config.json");
    config.merge_patch(changes);
    std::ofstream(path() / "config.json") << config;
  }
  /// Writes model.safetensors anew without the tensors for which `keep`, which may alter them,
  /// returns false.
  void rewrite(const std::function<bool(formats::NewTensor&)>& keep) const {
    const auto original = formats::open_safetensors(path() / "model.safetensors");
    std::vector<formats::NewTensor> tensors;
    for (const std::string& name : original->names()) {
      const formats::Tensor& t = *original->find(name);
      formats::NewTensor tensor{t.name, t.dtype, t.shape, t.bytes};
      if (keep(tensor)) tensors.push_back(tensor);
    }
    AtomicFile out(path() / "model.safetensors");
    formats::write_safetensors(out, tensors, {});
    out.commit();
  }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace aqua::model
