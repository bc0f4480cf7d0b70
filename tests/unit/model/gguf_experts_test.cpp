// Mixtral files from before April 2024 hold every expert's matrices as tensors of their own.
#include <gtest/gtest.h>

#include "aqua/core/atomic_file.hpp"
#include "aqua/formats/gguf.hpp"
#include "model_fixture.hpp"
#include "temporary_folder.hpp"

namespace aqua::model {
namespace {

/// The same file with each stack of experts [experts, rows, cols] as one tensor per expert.
void split_experts(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto file = formats::open_gguf(from);
  std::vector<std::pair<std::string, formats::GgufValue>> values(file->values().begin(),
                                                                 file->values().end());
  std::vector<formats::NewTensor> tensors;
  for (const std::string& name : file->names()) {
    const formats::Tensor& tensor = *file->find(name);
    const std::size_t stack = name.find("_exps");
    if (stack == std::string::npos) {
      tensors.push_back({name, tensor.dtype, tensor.shape, tensor.bytes});
      continue;
    }
    const auto count = static_cast<std::size_t>(tensor.shape.front());
    const std::size_t bytes = tensor.bytes.size() / count;
    for (std::size_t e = 0; e < count; ++e) {
      tensors.push_back({name.substr(0, stack) + "." + std::to_string(e) + ".weight",
                         tensor.dtype,
                         {tensor.shape.begin() + 1, tensor.shape.end()},
                         tensor.bytes.subspan(e * bytes, bytes)});
    }
  }
  AtomicFile out(to);
  formats::write_gguf(out, values, tensors);
  out.commit();
}

TEST(GgufExperts, OneTensorEachIsTheSameModel) {
  const test::TemporaryFolder folder;
  const auto stacked = golden_folder("families/mixtral_full") / "model.gguf";
  const auto separate = folder.path() / "separate.gguf";
  split_experts(stacked, separate);
  ASSERT_NE(formats::open_gguf(separate)->find("blk.1.ffn_down.0.weight"), nullptr);
  const std::vector<std::vector<int32_t>> ids{{1, 5, 9, 2, 30, 31, 7, 7, 12}};
  EXPECT_EQ(logits_of(*load(separate), ids, 1), logits_of(*load(stacked), ids, 1));
}

}  // namespace
}  // namespace aqua::model
