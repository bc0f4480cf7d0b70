// Opening checkpoint folders: what is found in good ones and said about bad ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "altered_checkpoint.hpp"
#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"

namespace aqua::model {
namespace {

using formats::NewTensor;
using testing::ThrowsMessage;

TEST(Checkpoint, Facts) {
  const auto model = load(bundled_folder());
  EXPECT_EQ(model->facts(), (capture::ModelFacts{.name = "aqua-tiny-bilingual",
                                                 .architecture = "llama",
                                                 .sha256 = "",
                                                 .layers = 6,
                                                 .heads = {8, 4, 64},
                                                 .hidden_size = 256,
                                                 .vocabulary = 8192,
                                                 .rope_layout = capture::RopeLayout::half}));
  EXPECT_EQ(model->max_positions(), 2048);
  // Embedding; 6 · (q, o, k, v, three feed-forward matrices, two norms); final norm.
  EXPECT_EQ(model->parameters(),
            8192 * 256 + 6 * (2 * 256 * 512 + 2 * 256 * 256 + 3 * 256 * 704 + 2 * 256) + 256);
}

TEST(Checkpoint, DigestOfOneFileIsTheFilesDigest) {
  const CancelToken cancel;
  const auto model = load_model(golden_folder("mha"), true, cancel);
  EXPECT_EQ(model->facts().sha256,
            sha256_of_file(golden_folder("mha") / "model.safetensors", cancel));
}

TEST(Checkpoint, DigestOfShardsIsThatOfTheirDigestsByName) {
  const CancelToken cancel;
  const auto folder = golden_folder("sharded_biases");
  Sha256 expected;
  for (int shard = 1; shard <= 3; ++shard) {
    const auto name = fmt::format("model-0000{}-of-00003.safetensors", shard);
    expected.update(fmt::format("{}  {}\n", sha256_of_file(folder / name, cancel), name));
  }
  EXPECT_EQ(load_model(folder, true, cancel)->facts().sha256, expected.finish());
}

TEST(Checkpoint, TheFoldersNameSurvivesATrailingSlash) {
  EXPECT_EQ(load(golden_folder("mha").string() + "/")->facts().name, "mha");
  EXPECT_EQ(load(golden_folder("mha") / "..//mha/.")->facts().name, "mha");
}

TEST(Checkpoint, SaysWhichFileIsMissing) {
  EXPECT_THAT([] { load("/no/such/folder"); },
              ThrowsMessage<FormatError>("/no/such/folder: no such model"));
  const AlteredCheckpoint checkpoint("mha");
  EXPECT_THAT([&] { load(checkpoint.file("config.json")); },
              ThrowsMessage<FormatError>(checkpoint.file("config.json") +
                                         ": expected a model folder with config.json or a .gguf "
                                         "file, found neither"));
  checkpoint.remove("model.safetensors");
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.path().string() +
                                         ": expected model.safetensors or "
                                         "model.safetensors.index.json, found neither"));
  checkpoint.remove("config.json");
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.file("config.json") +
                                         ": cannot be opened: No such file or directory"));
}

TEST(Checkpoint, SaysWhichShardIsMissing) {
  const AlteredCheckpoint checkpoint("sharded_biases");
  checkpoint.remove("model-00002-of-00003.safetensors");
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.file("model-00002-of-00003.safetensors") +
                                         ": cannot be opened: No such file or directory"));
}

TEST(Checkpoint, EveryTensorIsNeeded) {
  const auto names =
      formats::open_safetensors(golden_folder("odd_biases") / "model.safetensors")->names();
  ASSERT_EQ(names.size(), 3U + 3U * 16U);
  for (const std::string& name : names) {
    const AlteredCheckpoint checkpoint("odd_biases");
    checkpoint.rewrite([&](const NewTensor& tensor) { return tensor.name != name; });
    EXPECT_THAT([&] { checkpoint.load(); },
                ThrowsMessage<FormatError>(fmt::format(
                    "{}: \"{}\" is missing", checkpoint.file("model.safetensors"), name)));
  }
}

TEST(Checkpoint, EveryShapeIsChecked) {
  const auto file = formats::open_safetensors(golden_folder("odd_biases") / "model.safetensors");
  for (const std::string& name : file->names()) {
    const AlteredCheckpoint checkpoint("odd_biases");
    const auto& shape = file->find(name)->shape;
    checkpoint.rewrite([&](NewTensor& tensor) {
      if (tensor.name == name) tensor.shape.push_back(1);
      return true;
    });
    EXPECT_THAT([&] { checkpoint.load(); }, ThrowsMessage<FormatError>(fmt::format(
                                                "{}: \"{}\": expected shape [{}], found [{}, 1]",
                                                checkpoint.file("model.safetensors"), name,
                                                fmt::join(shape, ", "), fmt::join(shape, ", "))));
  }
}

TEST(Checkpoint, WeightsMustBeFloating) {
  const AlteredCheckpoint checkpoint("mha");
  const std::string name = "model.layers.1.self_attn.k_proj.weight";
  checkpoint.rewrite([&](NewTensor& tensor) {
    if (tensor.name == name) tensor.dtype = formats::DType::i32;
    return true;
  });
  EXPECT_THAT([&] { checkpoint.load(); },
              ThrowsMessage<FormatError>(checkpoint.file("model.safetensors") + ": \"" + name +
                                         "\": expected elements of a floating type, found I32"));
}

TEST(Checkpoint, MoreTensorsThanNeededDoNoHarm) {
  // Tied embeddings: an output head in the file is not read, as in transformers.
  const AlteredCheckpoint checkpoint("mha");
  checkpoint.configure({{"tie_word_embeddings", true}});
  const std::vector<std::vector<int32_t>> ids{{3, 1, 4}};
  const auto tied = logits_of(*checkpoint.load(), ids, 1);
  EXPECT_NE(tied, logits_of(*load(golden_folder("mha")), ids, 1));
  checkpoint.rewrite([](const NewTensor& tensor) { return tensor.name != "lm_head.weight"; });
  EXPECT_EQ(logits_of(*checkpoint.load(), ids, 1), tied);
}

TEST(Checkpoint, NonFiniteWeightsAreReportedWhereTheyShow) {
  const AlteredCheckpoint checkpoint("mha");
  std::vector<float> spoiled(32 * 32, std::numeric_limits<float>::infinity());
  checkpoint.rewrite([&](NewTensor& tensor) {
    if (tensor.name == "model.layers.0.self_attn.o_proj.weight") {
      tensor.bytes = std::as_bytes(std::span(spoiled));
    }
    return true;
  });
  const auto model = checkpoint.load();
  EXPECT_THAT(
      [&] {
        logits_of(*model, {{1, 2}}, 1);
      },
      ThrowsMessage<NumericalError>("layer 0: hidden states are not finite"));
}

}  // namespace
}  // namespace aqua::model
