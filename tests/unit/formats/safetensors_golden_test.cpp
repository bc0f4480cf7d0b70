// Files written by the `safetensors` package (tests/golden/formats/make_goldens.py).
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "aqua/formats/safetensors.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::Pair;

const std::filesystem::path folder = AQUA_SOURCE_DIR "/tests/golden/formats";

std::vector<float> floats(const TensorFile& file, std::string_view name) {
  const Tensor& tensor = require(file, name);
  std::vector<float> values(tensor.bytes.size() / static_cast<std::size_t>(size_of(tensor.dtype)));
  to_float32(tensor.dtype, tensor.bytes, values);
  return values;
}

template <class T>
std::vector<T> integers(const TensorFile& file, std::string_view name) {
  const Tensor& tensor = require(file, name);
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

TEST(SafetensorsGolden, EveryType) {
  const auto file = open_safetensors(folder / "every_type.safetensors");
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("format", "pt"), Pair("note", "हिन्दी")));
  EXPECT_THAT(file->names(), ElementsAre("bf16", "bool", "empty", "f16", "f32", "f64", "i16", "i32",
                                         "i64", "i8", "scalar", "u8"));
  constexpr float inf = std::numeric_limits<float>::infinity();
  EXPECT_THAT(floats(*file, "f64"),
              ElementsAre(0.0F, -0.0F, 1.0F, -2.5F, 65504.0F, 6.0e-8F, inf, -inf));
  EXPECT_THAT(floats(*file, "f32"),
              ElementsAre(0.0F, -0.0F, 1.0F, -2.5F, 65504.0F, 6.0e-8F, inf, -inf));
  // Nearest to 6e-8: 2^-24, the least subnormal of binary16, and in bfloat16 1.0078125·2^-24.
  EXPECT_THAT(floats(*file, "f16"),
              ElementsAre(0.0F, -0.0F, 1.0F, -2.5F, 65504.0F, 0x1p-24F, inf, -inf));
  EXPECT_THAT(floats(*file, "bf16"),
              ElementsAre(0.0F, -0.0F, 1.0F, -2.5F, 65536.0F, 0x1.02p-24F, inf, -inf));
  EXPECT_TRUE(std::signbit(floats(*file, "f16")[1]));
  EXPECT_THAT(require(*file, "i64").shape, ElementsAre(2, 3));
  EXPECT_THAT(integers<int64_t>(*file, "i64"), ElementsAre(-3, -2, -1, 0, 1, 2));
  EXPECT_THAT(integers<int32_t>(*file, "i32"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(integers<int16_t>(*file, "i16"), ElementsAre(0, 1, 2));
  EXPECT_THAT(integers<int8_t>(*file, "i8"), ElementsAre(-1, 0));
  EXPECT_THAT(integers<uint8_t>(*file, "u8"), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(integers<uint8_t>(*file, "bool"), ElementsAre(1, 0, 1));
  EXPECT_TRUE(require(*file, "scalar").shape.empty());
  EXPECT_THAT(floats(*file, "scalar"), ElementsAre(4.25F));
  EXPECT_THAT(require(*file, "empty").shape, ElementsAre(0, 7));
}

TEST(SafetensorsGolden, NoMetadata) {
  const auto file = open_safetensors(folder / "no_metadata.safetensors");
  EXPECT_TRUE(file->metadata().empty());
  EXPECT_THAT(floats(*file, "alone"), ElementsAre(0.5F, 0.5F, 0.5F, 0.5F));
}

}  // namespace
}  // namespace aqua::formats
