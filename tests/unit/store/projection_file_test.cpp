#include "aqua/store/projection_file.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "aqua/core/error.hpp"
#include "hdf5_edit.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::StrEq;
using testing::ThrowsMessage;
using testing::VariantWith;

ProjectionFile sample() {
  ProjectionFile file;
  file.attributes = {{"format", "aqua-projection"},     {"format_version", int64_t{1}},
                     {"head_dim", int64_t{2}},          {"num_key_value_heads", int64_t{1}},
                     {"num_hidden_layers", int64_t{4}}, {"method", "test"}};
  file.kv_heads = 1;
  file.head_dim = 2;
  file.columns = 2;
  file.layers.push_back({LayerIndex{0}, {1, 0, 0, 1}, {}, {5, 3}, {}});
  file.layers.push_back({LayerIndex{3}, {1, 2, 3, 4}, {5, 6, 7, 8}, {}, {}});
  return file;
}

TEST(ProjectionFile, ReadsBack) {
  const test::TemporaryFolder folder;
  write_projection_file(folder / "p.h5", sample());
  const ProjectionFile read = read_projection_file(folder / "p.h5");
  EXPECT_THAT(read.attributes,
              ElementsAre(Pair("format", VariantWith<std::string>("aqua-projection")),
                          Pair("format_version", VariantWith<int64_t>(1)),
                          Pair("head_dim", VariantWith<int64_t>(2)),
                          Pair("method", VariantWith<std::string>("test")),
                          Pair("num_hidden_layers", VariantWith<int64_t>(4)),
                          Pair("num_key_value_heads", VariantWith<int64_t>(1))));
  EXPECT_EQ(read.kv_heads, 1);
  EXPECT_EQ(read.head_dim, 2);
  ASSERT_EQ(read.layers.size(), 2U);
  EXPECT_THAT(read.layers[0].query_map, ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(read.layers[0].key_map, IsEmpty());
  EXPECT_THAT(read.layers[0].singular_values, ElementsAre(5, 3));
  EXPECT_EQ(read.layers[1].layer, LayerIndex{3});
  EXPECT_THAT(read.layers[1].query_map, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read.layers[1].key_map, ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(read.layers[1].singular_values, IsEmpty());
}

TEST(ProjectionFile, HoldsFewerColumnsHalvesAndAPlan) {
  const test::TemporaryFolder folder;
  ProjectionFile file = sample();
  file.attributes.emplace_back("stored_dims", int64_t{1});
  file.columns = 1;
  file.type = MapType::float16;
  file.layers = {{LayerIndex{2}, {0.5F, -0x1p-24F}, {}, {5}, {1}}};
  write_projection_file(folder / "p.h5", file);
  const ProjectionFile read = read_projection_file(folder / "p.h5");
  EXPECT_EQ(read.columns, 1);
  EXPECT_EQ(read.type, MapType::float16);
  ASSERT_EQ(read.layers.size(), 1U);
  EXPECT_THAT(read.layers[0].query_map, ElementsAre(0.5F, -0x1p-24F));
  EXPECT_THAT(read.layers[0].singular_values, ElementsAre(5));
  EXPECT_THAT(read.layers[0].kept, ElementsAre(1));

  file.type = MapType::bfloat16;
  EXPECT_THAT(
      [&] { write_projection_file(folder / "p.h5", file); },
      ThrowsMessage<UsageError>(
          StrEq((folder / "p.h5").string() +
                ": HDF5 readers know no bfloat16; choose float32 or float16, or another format")));
  file.type = MapType::float32;
  file.layers[0].kept = {2};
  write_projection_file(folder / "p.h5", file);
  EXPECT_THAT([&] { read_projection_file(folder / "p.h5"); },
              ThrowsMessage<FormatError>(
                  StrEq((folder / "p.h5").string() +
                        ": \"/layers/002/kept\": expected 1 to 1 kept dimensions, found 2")));
}

TEST(ProjectionFile, NamesWhatIsWrong) {
  const test::TemporaryFolder folder;
  const auto path = folder / "p.h5";
  const auto expect_error = [&](auto damage, const std::string& message) {
    write_projection_file(path, sample());
    damage(test::Hdf5Edit(path));
    EXPECT_THAT([&] { read_projection_file(path); },
                ThrowsMessage<FormatError>(StrEq(path.string() + ": " + message)));
  };
  using test::Hdf5Edit;
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "head_dim", int64_t{3}); },
               R"("/layers/000/projection": expected shape [1, 3, 3], found [1, 2, 2])");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "head_dim", int64_t{-3}); },
               R"("/@head_dim": expected at least 1, found -3)");
  expect_error([](const Hdf5Edit& edit) { edit.remove("/layers/003/key_projection"); },
               R"("/layers/003/key_projection" is missing)");
  expect_error(
      [](const Hdf5Edit& edit) {
        edit.set("/layers/000/projection", 1, std::numeric_limits<float>::quiet_NaN());
      },
      R"("/layers/000/projection": expected finite numbers, found nan)");
}

}  // namespace
}  // namespace aqua::store
