#include "aqua/formats/tensors.hpp"

#include <gmock/gmock.h>

#include <array>

#include "aqua/core/error.hpp"
#include "aqua/formats/safetensors.hpp"
#include "safetensors_file.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

TEST(Require, FindsOrNamesWhatIsMissing) {
  const test::TemporaryFolder folder;
  const std::string path =
      folder
          .write(
              "m.safetensors",
              safetensors_file(
                  R"({"x.weight": {"dtype": "U8", "shape": [2, 3], "data_offsets": [0, 6]}})", 6))
          .string();
  const auto file = open_safetensors(path);
  EXPECT_EQ(require(*file, "x.weight").bytes.size(), 6U);
  EXPECT_EQ(require(*file, "x.weight", std::array<int64_t, 2>{2, 3}).name, "x.weight");
  EXPECT_THAT([&] { require(*file, "y.weight"); },
              ThrowsMessage<FormatError>(StrEq(path + ": \"y.weight\" is missing")));
  EXPECT_THAT(([&] {
                require(*file, "x.weight", std::array<int64_t, 2>{3, 2});
              }),
              ThrowsMessage<FormatError>(
                  StrEq(path + ": \"x.weight\": expected shape [3, 2], found [2, 3]")));
}

}  // namespace
}  // namespace aqua::formats
