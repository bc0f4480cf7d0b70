#include "aqua/report/describe.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace aqua::report {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

store::Calibration small_calibration() {
  store::Calibration calibration;
  calibration.model = {.name = "m",
                       .architecture = "llama",
                       .sha256 = "ab",
                       .layers = 1,
                       .heads = {.query_heads = 2, .kv_heads = 1, .head_dim = 4},
                       .hidden_size = 8,
                       .vocabulary = 10};
  calibration.provenance.command = "calibrate";
  calibration.provenance.options_json =
      R"({"corpus": ["en", "hi"], "seed": 3, "share": 0.5, "flag": true})";
  calibration.provenance.corpora = {
      {.name = "en", .path = "en.txt", .sha256 = "cd", .documents = 5, .tokens = 12}};
  store::CalibratedHead head;
  head.statistics = projection::HeadStatistics(4);
  Matrix<float> rows(6, 4);
  rows(0, 0) = 1.0F;
  head.statistics.query.add_rows(ConstMatrixView<float>(rows.view()));
  head.aqua.singular_values = {2.0, 2.0, 0.0, 0.0};
  calibration.heads[{LayerIndex{0}, capture::Site::post_rope}].push_back(std::move(head));
  return calibration;
}

TEST(DescribeCalibration, ShowsModelOptionsTextAndSpectrum) {
  const std::string text = to_text(describe_calibration("m.aqua.h5", small_calibration()));
  EXPECT_THAT(text, HasSubstr("m.aqua.h5: calibration\n\nModel\n  name               m\n"));
  EXPECT_THAT(text,
              HasSubstr("Options\n  corpus  en, hi\n  seed    3\n  share   0.5\n  flag    yes\n"));
  EXPECT_THAT(text, HasSubstr("  en            5      12  en.txt\n"));
  EXPECT_THAT(text, HasSubstr("      0  post_rope     50.0 %    100.0 %          2        6    "
                              "    0\n"));
}

TEST(DescribeCalibration, JsonHasTheSameNumbers) {
  const store::Calibration calibration = small_calibration();
  const Json json = Json::parse(to_json(describe_calibration("m.aqua.h5", calibration)));
  EXPECT_EQ(json["schema"], "aqua-inspect-calibration");
  EXPECT_EQ(json["model"]["head_dim"], 4);
  EXPECT_EQ(json["options"], Json::parse(calibration.provenance.options_json));
  EXPECT_EQ(json["corpora"][0]["sha256"], "cd");
  EXPECT_EQ(json["spectrum"][0]["energy_first_half"], 1.0);
}

TEST(DescribeSystem, ShowsTheWarningWhenTheCpuIsHeldBack) {
  SystemFacts facts;
  facts.backend.library = "OpenBLAS 0.3.21";
  facts.backend.kernels = "Haswell";
  facts.backend.cpu_level = "AVX-512";
  facts.backend.requested = "Haswell";
  facts.backend.held_back = true;
  facts.threads = 2;
  const std::string text = to_text(describe_system(facts));
  EXPECT_THAT(text, HasSubstr("  kernels that run            Haswell\n"));
  EXPECT_THAT(text, HasSubstr("  OPENBLAS_CORETYPE           Haswell\n"));
  EXPECT_THAT(text, HasSubstr("  slower than the CPU allows  yes\n"));
  EXPECT_EQ(Json::parse(to_json(describe_system(facts)))["cpu"]["threads"], 2);
}

TEST(DescribeProjection, ListsLayersAndAttributes) {
  store::ProjectionFile file;
  file.attributes = {{"format", std::string("aqua-projection")}, {"head_dim", int64_t{8}}};
  file.kv_heads = 2;
  file.head_dim = 8;
  file.columns = 8;
  file.layers.push_back({.layer = LayerIndex{5},
                         .query_map = std::vector<float>(128),
                         .key_map = {},
                         .singular_values = std::vector<float>(16),
                         .kept = {}});
  const Summary summary = describe_projection("p.h5", file);
  EXPECT_THAT(to_text(summary), HasSubstr("  format    aqua-projection\n  head_dim  8\n"));
  EXPECT_THAT(to_text(summary), HasSubstr("      5  one for queries and keys  [2, 8, 8]  yes\n"));
  EXPECT_EQ(Json::parse(to_json(summary))["layers"][0]["shape"], Json({2, 8, 8}));
}

TEST(DescribePlan, ShowsChoiceAndLayers) {
  store::PlanFile file;
  file.model = small_calibration().model;
  file.plan.heads = {.query_heads = 4, .kv_heads = 2, .head_dim = 8};
  file.plan.k = {{4, 2}, {8, 8}};
  file.plan.choice = {.basis = "aqua",
                      .selection = "dynamic",
                      .objective = "energy_loss",
                      .method = "greedy",
                      .budget = 0.75,
                      .loss_limit = std::nullopt,
                      .loss = 0.125};
  const Summary summary = describe_plan("p.json", file);
  EXPECT_THAT(to_text(summary), HasSubstr("p.json: plan of kept dimensions\n"));
  EXPECT_THAT(to_text(summary), HasSubstr("  budget (mean k/d)  0.75\n"
                                          "  loss limit         -\n"
                                          "  loss on its text   0.125\n"
                                          "  kept dimensions    22\n"
                                          "  mean k/d           0.6875\n"));
  EXPECT_THAT(to_text(summary), HasSubstr("      0     0.375        2       4  [4, 2]\n"));
  EXPECT_EQ(Json::parse(to_json(summary))["layers"][1]["k"], Json({8, 8}));
}

/// Two arrays and metadata in memory.
class FakeTensors final : public formats::TensorFile {
 public:
  explicit FakeTensors(std::string format) {
    metadata_["format"] = std::move(format);
    tensors_["a"] = {"a", formats::DType::f32, {2, 3}, {bytes_.data(), 24}, "f"};
    tensors_["b"] = {"b", formats::DType::bf16, {4}, {bytes_.data(), 8}, "f"};
  }
  const formats::Tensor* find(std::string_view name) const override {
    const auto found = tensors_.find(std::string(name));
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override { return {"a", "b"}; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }
  std::vector<std::filesystem::path> files() const override { return {"f"}; }
  void release(const formats::Tensor&) const override {}

 private:
  std::array<std::byte, 24> bytes_{};
  std::map<std::string, std::string> metadata_;
  std::map<std::string, formats::Tensor> tensors_;
};

TEST(DescribeTensors, ListsEveryArray) {
  const Summary summary = describe_tensors("f.safetensors", FakeTensors("pt"));
  EXPECT_EQ(to_text(summary),
            "f.safetensors: named arrays\n"
            "\n"
            "Content\n"
            "  arrays    2\n"
            "  elements  10\n"
            "  size      32 B\n"
            "  types     BF16 (1), F32 (1)\n"
            "  files     1\n"
            "\n"
            "Metadata\n"
            "  format  pt\n"
            "\n"
            "Arrays\n"
            "  name  type  shape   size\n"
            "  ------------------------\n"
            "  a     F32   [2, 3]  24 B\n"
            "  b     BF16  [4]      8 B\n");
}

TEST(DescribeTensors, KnowsProjections) {
  const Summary summary = describe_tensors("p.safetensors", FakeTensors("aqua-projection"));
  EXPECT_EQ(summary.title, "p.safetensors: AQUA projections");
  EXPECT_EQ(summary.schema, "aqua-inspect-projection");
}

}  // namespace
}  // namespace aqua::report
