#include <gmock/gmock.h>

#include <cmath>

#include "aqua/export/export.hpp"
#include "aqua/formats/gguf.hpp"
#include "aqua/formats/npz.hpp"
#include "aqua/formats/safetensors.hpp"
#include "sample_calibration.hpp"
#include "temporary_folder.hpp"

namespace aqua::exporter {
namespace {

using capture::RopeLayout;
using store::MapType;
using store::ProjectionFile;
using testing::HasSubstr;
using testing::StrEq;
using testing::ThrowsMessage;

constexpr HeadLayout layout{.query_heads = 4, .kv_heads = 2, .head_dim = 8};

projection::Plan sample_plan(const std::string& basis) {
  projection::Plan plan{.heads = layout, .k = {}, .choice = {}};
  for (int64_t layer = 0; layer < 6; ++layer) plan.k.push_back({1 + layer, 2});
  plan.choice.basis = basis;
  plan.choice.selection = "dynamic";
  return plan;
}

/// As text: safetensors holds nothing else.
std::string text_of(const ProjectionFile& file, const std::string& name) {
  const auto* value = file.attribute(name);
  if (value == nullptr) return "(none)";
  const auto* text = std::get_if<std::string>(value);
  return text != nullptr ? *text : fmt::format("{}", std::get<int64_t>(*value));
}

class EveryFormat : public testing::TestWithParam<ExportFormat> {
 protected:
  std::filesystem::path write(const ProjectionFile& projection) {
    const auto path = folder_ / ("out" + std::string(GetParam().extension));
    GetParam().write(projection, path);
    return path;
  }

  test::TemporaryFolder folder_;
  store::Calibration calibration_ = test::sample_calibration(layout);
};

TEST_P(EveryFormat, ReadsBackWhateverIsExported) {
  for (const projection::BasisMethod& method : projection::basis_methods()) {
    for (const MapType type : {MapType::float32, MapType::float16, MapType::bfloat16}) {
      if (type == MapType::bfloat16 && !GetParam().bfloat16) continue;
      for (const double s_ratio : {0.0, 0.3}) {
        ExportOptions options{.method = std::string(method.name), .type = type, .s_ratio = s_ratio};
        if (s_ratio == 0.0) options.plan = sample_plan(options.method);
        const ProjectionFile written = assemble(calibration_, options);
        EXPECT_EQ(written.columns, s_ratio == 0.0 ? 8 : 6);
        const auto path = write(written);
        EXPECT_EQ(format_of(path)->name, GetParam().name);
        const ProjectionFile read = GetParam().read(path);
        EXPECT_EQ(read.kv_heads, 2);
        EXPECT_EQ(read.head_dim, 8);
        EXPECT_EQ(read.columns, written.columns);
        EXPECT_EQ(read.type, type);
        EXPECT_EQ(read.attributes.size(), written.attributes.size());
        for (const auto& [name, value] : written.attributes) {
          EXPECT_EQ(text_of(read, name), text_of(written, name)) << name;
        }
        ASSERT_EQ(read.layers.size(), 2U);
        for (std::size_t i = 0; i < 2; ++i) {
          EXPECT_EQ(read.layers[i].layer, written.layers[i].layer);
          EXPECT_EQ(read.layers[i].query_map, written.layers[i].query_map);
          EXPECT_EQ(read.layers[i].key_map, written.layers[i].key_map);
          EXPECT_EQ(read.layers[i].singular_values, written.layers[i].singular_values);
          EXPECT_EQ(read.layers[i].kept, written.layers[i].kept);
        }
        EXPECT_EQ(read.layers[1].kept,
                  s_ratio == 0.0 ? (std::vector<int32_t>{6, 2}) : std::vector<int32_t>{});
      }
    }
  }
}

TEST_P(EveryFormat, NamesWhatIsMissingOrWrong) {
  const auto expect_error = [&](auto damage, const std::string& message) {
    ProjectionFile projection = assemble(calibration_, {});
    damage(projection);
    const auto path = write(projection);
    EXPECT_THAT([&] { GetParam().read(path); }, ThrowsMessage<FormatError>(HasSubstr(message)));
  };
  const auto set = [](const std::string& name, ProjectionFile::Value value) {
    return [=](ProjectionFile& file) {
      std::erase_if(file.attributes, [&](const auto& entry) { return entry.first == name; });
      file.attributes.emplace_back(name, value);
    };
  };
  expect_error(set("format", std::string("other")), "format");
  expect_error(set("format_version", int64_t{2}), "format_version\": expected");
  expect_error(set("num_hidden_layers", int64_t{5}), "5");
  expect_error(set("num_key_value_heads", int64_t{3}), "expected shape [3, 8, 8], found [2, 8, 8]");
  expect_error(set("stored_dims", int64_t{9}), "expected at most head_dim, 8, found 9");
  expect_error(set("head_dim", int64_t{0}), "expected at least 1, found 0");
  expect_error([](ProjectionFile& file) { file.layers[0].query_map[3] = NAN; },
               "expected finite numbers, found nan");
  expect_error(
      [](ProjectionFile& file) {
        file.layers[0].kept = {1, 9};
      },
      "expected 1 to 8 kept dimensions, found 9");
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryFormat,
                         testing::ValuesIn(export_formats().begin(), export_formats().end()),
                         [](const auto& test) { return std::string(test.param.name); });

class Assemble : public testing::Test {
 protected:
  void expect_usage_error(const ExportOptions& options, const std::string& message) {
    EXPECT_THAT([&] { assemble(calibration_, options); },
                ThrowsMessage<UsageError>(StrEq(message)));
  }
  store::Calibration calibration_ = test::sample_calibration(layout);
};

TEST_F(Assemble, PermutesForTheOtherLayout) {
  const ProjectionFile half = assemble(calibration_, {});
  const ProjectionFile interleaved =
      assemble(calibration_, {.rope_layout = RopeLayout::interleaved});
  EXPECT_EQ(text_of(half, "rope_layout"), "half");
  EXPECT_EQ(text_of(interleaved, "rope_layout"), "interleaved");
  for (std::size_t head = 0; head < 2; ++head) {
    for (std::size_t row = 0; row < 8; ++row) {
      const std::size_t from = head * 64 + 8 * (row / 2 + row % 2 * 4);
      for (std::size_t c = 0; c < 8; ++c) {
        EXPECT_EQ(interleaved.layers[0].query_map[head * 64 + 8 * row + c],
                  half.layers[0].query_map[from + c]);
      }
    }
  }
}

TEST_F(Assemble, StoresFloorOfTheRatioLess) {
  const auto columns = [&](double s_ratio) {
    return assemble(calibration_, {.s_ratio = s_ratio}).columns;
  };
  EXPECT_EQ(columns(0.0), 8);
  EXPECT_EQ(columns(0.12), 8);
  EXPECT_EQ(columns(0.125), 7);
  EXPECT_EQ(columns(0.99), 1);
  const ProjectionFile all = assemble(calibration_, {});
  const ProjectionFile part = assemble(calibration_, {.s_ratio = 0.5});
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t c = 0; c < 4; ++c) {
      EXPECT_EQ(part.layers[1].query_map[4 * row + c], all.layers[1].query_map[8 * row + c]);
    }
  }
}

TEST_F(Assemble, RefusesImpossibleRequests) {
  expect_usage_error({.s_ratio = 1.0}, "s_ratio: expected a number from 0 to below 1, found 1");
  expect_usage_error({.s_ratio = -0.1}, "s_ratio: expected a number from 0 to below 1, found -0.1");
  ExportOptions options{.method = "keys", .plan = sample_plan("aqua")};
  expect_usage_error(options, "plan: expected one chosen on the basis keys, found aqua");
  options = {.s_ratio = 0.5, .plan = sample_plan("aqua")};
  expect_usage_error(options,
                     "plan: expected at most 4 dimensions a head, which s_ratio leaves, found 5");
  options = {.plan = sample_plan("aqua")};
  options.plan->k.pop_back();
  expect_usage_error(options, "plan: expected one for 6 layers of 2 KV heads, found 5 of 2");
  calibration_.model.rope_layout = RopeLayout::none;
  expect_usage_error(
      {.rope_layout = RopeLayout::half},
      "rope layout: tiny has no rotary embedding, so its dimensions have no layout to "
      "change");
}

TEST(RequireType, NamesTheFormatsThatCan) {
  for (const ExportFormat& format : export_formats()) {
    require_type(format, MapType::float16);
    if (format.bfloat16) require_type(format, MapType::bfloat16);
  }
  EXPECT_THAT([] { require_type(export_format("npz"), MapType::bfloat16); },
              ThrowsMessage<UsageError>(
                  StrEq("type: npz has no bfloat16; expected float32 or float16, or one of the "
                        "formats safetensors, gguf")));
}

TEST(FormatOf, IsNullForOtherFiles) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(format_of(folder / "none"), nullptr);
  EXPECT_EQ(format_of(folder.write("text", "hello, world")), nullptr);
}

TEST(Gguf, OtherGgufFilesAreNamed) {
  const test::TemporaryFolder folder;
  AtomicFile file(folder / "m.gguf");
  const std::vector<std::pair<std::string, formats::GgufValue>> values{
      {"general.type", std::string("model")}};
  formats::write_gguf(file, values, {});
  file.commit();
  EXPECT_THAT([&] { export_format("gguf").read(folder / "m.gguf"); },
              ThrowsMessage<FormatError>(
                  HasSubstr("m.gguf: \"general.type\": expected aqua, found \"model\"")));
}

}  // namespace
}  // namespace aqua::exporter
