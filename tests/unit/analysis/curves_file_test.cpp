// Curves read back from their file are the same to the last bit.

#include "aqua/analysis/curves_file.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <span>

#include "aqua/core/error.hpp"
#include "temporary_folder.hpp"

namespace aqua::analysis {
namespace {

LossCurves empty_curves(int64_t layers) {
  return {.heads = {.query_heads = 4, .kv_heads = 2, .head_dim = 6},
          .layers = layers,
          .step = 2,
          .values = {}};
}

TEST(CurvesFile, RoundTrip) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "curves.safetensors";
  LossCurves written = empty_curves(3);
  written.values = Matrix<double>(3 * 2, 6 / 2);
  for (int64_t i = 0; i < written.values.size(); ++i) {
    written.values.data()[i] = 1.0 / static_cast<double>(3 + i);
  }
  write_curves(path, written);
  LossCurves read = empty_curves(3);
  read_curves(path, read);
  ASSERT_EQ(read.values.rows(), 6);
  ASSERT_EQ(read.values.cols(), 3);
  EXPECT_TRUE(std::equal(read.values.data(), read.values.data() + 18, written.values.data()));
}

TEST(CurvesFile, OneThatDoesNotFitIsRefused) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "curves.safetensors";
  LossCurves written = empty_curves(3);
  written.values = Matrix<double>(6, 3);
  write_curves(path, written);
  LossCurves other = empty_curves(2);
  EXPECT_THAT([&] { read_curves(path, other); },
              testing::ThrowsMessage<FormatError>(testing::AllOf(
                  testing::HasSubstr(path.string()), testing::HasSubstr("\"values\""))));
}

}  // namespace
}  // namespace aqua::analysis
