#include "aqua/export/export.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "aqua/core/version.hpp"
#include "aqua/formats/safetensors.hpp"
#include "aqua/linalg/blas.hpp"
#include "aqua/store/projection_file.hpp"
#include "sample_calibration.hpp"
#include "temporary_folder.hpp"

namespace aqua::exporter {
namespace {

using capture::Site;
using testing::Contains;
using testing::ElementsAre;
using testing::Pair;
using testing::StrEq;
using testing::ThrowsMessage;

std::vector<float> floats(const formats::TensorFile& file, const std::string& name,
                          std::vector<int64_t> shape) {
  const formats::Tensor& tensor = formats::require(file, name, shape);
  EXPECT_EQ(tensor.dtype, formats::DType::f32);
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

class Export : public testing::Test {
 protected:
  std::filesystem::path write(std::string_view format, const ExportOptions& options) {
    const ExportFormat& chosen = export_format(format);
    const auto path = folder_ / ("out" + std::string(chosen.extension));
    chosen.write(assemble(calibration_, options), path);
    return path;
  }

  test::TemporaryFolder folder_;
  store::Calibration calibration_ = test::sample_calibration();
};

TEST_F(Export, SafetensorsHoldsTheBasesOfTheCalibration) {
  const auto file = formats::open_safetensors(write("safetensors", {}));
  EXPECT_THAT(file->names(), ElementsAre("model.layers.0.self_attn.aqua_proj",
                                         "model.layers.0.self_attn.aqua_singular_values",
                                         "model.layers.5.self_attn.aqua_proj",
                                         "model.layers.5.self_attn.aqua_singular_values"));
  for (const auto& [key, heads] : calibration_.heads) {
    const std::string prefix = fmt::format("model.layers.{}.self_attn.", key.first.value);
    const auto bases = floats(*file, prefix + "aqua_proj", {2, 3, 3});
    const auto values = floats(*file, prefix + "aqua_singular_values", {2, 3});
    for (std::size_t h = 0; h < heads.size(); ++h) {
      for (int64_t r = 0; r < 3; ++r) {
        for (int64_t c = 0; c < 3; ++c) {
          EXPECT_EQ(bases[h * 9 + static_cast<std::size_t>(3 * r + c)],
                    static_cast<float>(heads[h].aqua.query_map(r, c)));
        }
        EXPECT_EQ(values[h * 3 + static_cast<std::size_t>(r)],
                  static_cast<float>(heads[h].aqua.singular_values[static_cast<std::size_t>(r)]));
      }
    }
  }
}

TEST_F(Export, SafetensorsSaysWhatItIs) {
  const auto file = formats::open_safetensors(write("safetensors", {}));
  auto metadata = file->metadata();
  const auto corpora = nlohmann::json::parse(metadata.at("corpora"));
  ASSERT_EQ(corpora.size(), 2U);
  EXPECT_EQ(
      corpora[1],
      (nlohmann::json{
          {"name", "हिन्दी"}, {"sha256", std::string(64, 'c')}, {"documents", 7}, {"tokens", 800}}));
  metadata.erase("corpora");
  EXPECT_THAT(
      metadata,
      ElementsAre(Pair("base_model", "tiny"), Pair("base_model_sha256", std::string(64, 'a')),
                  Pair("convention", "q @ P"), Pair("format", "aqua-projection"),
                  Pair("format_version", "1"), Pair("head_dim", "3"), Pair("method", "aqua"),
                  Pair("num_attention_heads", "4"), Pair("num_hidden_layers", "6"),
                  Pair("num_key_value_heads", "2"), Pair("rope_layout", "half"), Pair("seed", "0"),
                  Pair("site", "post_rope"), Pair("stored_dims", "3"),
                  Pair("tool_version", fmt::format("aqua {}", version()))));
}

TEST_F(Export, Hdf5HoldsTheSame) {
  for (const auto& method : projection::basis_methods()) {
    const ExportOptions options{.method = std::string(method.name), .seed = 3};
    const auto tensors = formats::open_safetensors(write("safetensors", options));
    const store::ProjectionFile file = store::read_projection_file(write("hdf5", options));
    for (const auto& [name, value] : file.attributes) {
      const auto* text = std::get_if<std::string>(&value);
      EXPECT_EQ(text != nullptr ? *text : fmt::format("{}", std::get<int64_t>(value)),
                tensors->metadata().at(name));
    }
    EXPECT_EQ(file.attributes.size(), tensors->metadata().size());
    ASSERT_EQ(file.layers.size(), 2U);
    for (const auto& layer : file.layers) {
      const std::string prefix = fmt::format("model.layers.{}.self_attn.", layer.layer.value);
      if (method.orthogonal) {
        EXPECT_EQ(layer.query_map, floats(*tensors, prefix + "aqua_proj", {2, 3, 3}));
        EXPECT_TRUE(layer.key_map.empty());
      } else {
        EXPECT_EQ(layer.query_map, floats(*tensors, prefix + "aqua_query_proj", {2, 3, 3}));
        EXPECT_EQ(layer.key_map, floats(*tensors, prefix + "aqua_key_proj", {2, 3, 3}));
      }
      EXPECT_EQ(tensors->find(prefix + "aqua_singular_values") == nullptr,
                layer.singular_values.empty());
    }
  }
}

// What a runtime relies on: rotated logits are the logits. ‖Q_map·K_mapᵀ − I‖ is within the
// rounding of d·d float32 products: d·2⁻²³·‖Q_map‖·‖K_map‖.
TEST_F(Export, MapsKeepLogits) {
  for (const auto& method : projection::basis_methods()) {
    const store::ProjectionFile file =
        store::read_projection_file(write("hdf5", {.method = std::string(method.name)}));
    for (const auto& layer : file.layers) {
      const auto& keys = layer.key_map.empty() ? layer.query_map : layer.key_map;
      for (std::size_t h = 0; h < 2; ++h) {
        const auto map = [&](const std::vector<float>& values) {
          return Matrix<double>::copy_of(MatrixView<const float>(values.data() + h * 9, 3, 3));
        };
        const Matrix<double> q = map(layer.query_map);
        const Matrix<double> k = map(keys);
        const Matrix<double> product =
            linalg::product(linalg::Op::none, linalg::Op::transpose, q, k);
        double q_norm = 0.0;
        double k_norm = 0.0;
        double error = 0.0;
        for (int64_t r = 0; r < 3; ++r) {
          for (int64_t c = 0; c < 3; ++c) {
            q_norm += q(r, c) * q(r, c);
            k_norm += k(r, c) * k(r, c);
            error += std::pow(product(r, c) - (r == c ? 1.0 : 0.0), 2);
          }
        }
        EXPECT_LE(std::sqrt(error), 3 * 0x1p-23 * std::sqrt(q_norm * k_norm)) << method.name;
      }
    }
  }
}

TEST_F(Export, SaysThatTwoMapsDiffer) {
  const auto file = formats::open_safetensors(write("safetensors", {.method = "kq-svd"}));
  EXPECT_THAT(file->metadata(), Contains(Pair("convention", "q @ P_query, k @ P_key")));
}

TEST_F(Export, KnowsItsFormats) {
  std::vector<std::string_view> names;
  for (const ExportFormat& format : export_formats()) {
    names.push_back(format.name);
    EXPECT_FALSE(format.description.empty());
    EXPECT_EQ(format.extension.front(), '.');
  }
  EXPECT_THAT(names, ElementsAre("safetensors", "gguf", "npz", "hdf5"));
  EXPECT_THAT([] { export_format("onnx"); },
              ThrowsMessage<UsageError>(
                  StrEq("format: expected one of safetensors, gguf, npz, hdf5, found \"onnx\"")));
}

TEST_F(Export, NamesWhatIsNotThere) {
  EXPECT_THAT([&] { write("hdf5", {.site = Site::pre_rope}); },
              ThrowsMessage<UsageError>(StrEq(
                  "site: expected one that the calibration holds (post_rope), found pre_rope")));
  EXPECT_THROW(write("hdf5", {.method = "magic"}), UsageError);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace aqua::exporter
