// Every way in which a safetensors file can be wrong, and the sentence that says so.
#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "aqua/formats/safetensors.hpp"
#include "safetensors_file.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::IsNull;
using testing::Pair;
using testing::StrEq;
using testing::ThrowsMessage;

class SafetensorsRead : public testing::Test {
 protected:
  void expect_error(const std::string& bytes, const std::string& message) const {
    const std::string path = folder_.write("f.safetensors", bytes).string();
    EXPECT_THAT([&] { open_safetensors(path); },
                ThrowsMessage<FormatError>(StrEq(path + ": " + message)));
  }
  /// The message for a file with this header and 8 bytes of data.
  void expect_header_error(std::string_view header, const std::string& message) const {
    expect_error(safetensors_file(header, 8), message);
  }

  test::TemporaryFolder folder_;
};

TEST_F(SafetensorsRead, FindsTensorsAndMetadata) {
  const auto path = folder_.write("f.safetensors", safetensors_file(
                                                       R"({"__metadata__": {"format": "pt"},
              "b": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]},
              "a": {"dtype": "I16", "shape": [], "data_offsets": [0, 2]},
              "empty": {"dtype": "F16", "shape": [0, 3], "data_offsets": [2, 2]}}   )",
                                                       6));
  const auto file = open_safetensors(path);
  EXPECT_THAT(file->names(), ElementsAre("a", "b", "empty"));
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("format", "pt")));
  EXPECT_THAT(file->files(), ElementsAre(path));
  EXPECT_THAT(file->find("c"), IsNull());
  const Tensor& b = *file->find("b");
  EXPECT_EQ(b.dtype, DType::f32);
  EXPECT_THAT(b.shape, ElementsAre(1));
  EXPECT_THAT(b.bytes, ElementsAre(std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}));
  EXPECT_EQ(b.file, path.string());
  EXPECT_TRUE(file->find("empty")->bytes.empty());
  EXPECT_TRUE(file->find("a")->shape.empty());
  file->release(b);
}

TEST_F(SafetensorsRead, TakesAFileWithoutTensors) {
  const auto file = open_safetensors(folder_.write("f.safetensors", safetensors_file("{}", 0)));
  EXPECT_TRUE(file->names().empty());
}

TEST_F(SafetensorsRead, ChecksTheHeaderLength) {
  expect_error("1234567", "expected at least 8 bytes, found 7: not a safetensors file");
  expect_error(safetensors_file("{}", 0, 3),
               "expected a header of 3 bytes, found only 2: the file is truncated");
  expect_error(safetensors_file("{}", 0, 100'000'001),
               "expected a header of at most 100000000 bytes, found 100000001: not a safetensors "
               "file");
  expect_error(safetensors_file("{}", 0, ~uint64_t{0}),
               "expected a header of at most 100000000 bytes, found 18446744073709551615: not a "
               "safetensors file");
  expect_error(safetensors_file("", 0),
               "expected a header that starts with '{': not a safetensors "
               "file");
  expect_error(safetensors_file(" {}", 0),
               "expected a header that starts with '{': not a "
               "safetensors file");
}

TEST_F(SafetensorsRead, ChecksTheHeaderText) {
  expect_header_error(R"({"a": })", "header: not valid JSON at byte 7");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
                          "a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}})",
                      R"(header: "a" appears more than once)");
  expect_header_error(R"({"__metadata__": {"n": 1}})",
                      R"("__metadata__": "n": expected a string, found 1)");
  expect_header_error(R"({"__metadata__": "x"})",
                      R"("__metadata__": expected an object, found "x")");
  expect_header_error(R"({"a": 3})", R"("a": expected an object, found 3)");
}

TEST_F(SafetensorsRead, ChecksTypes) {
  expect_header_error(R"({"a": {"shape": [8], "data_offsets": [0, 8]}})",
                      R"("a": "dtype" is missing)");
  expect_header_error(
      R"({"a": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}})",
      R"("a": expected a type among F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, found "F8_E4M3")");
}

TEST_F(SafetensorsRead, ChecksShapes) {
  expect_header_error(R"({"a": {"dtype": "U8", "shape": 8, "data_offsets": [0, 8]}})",
                      R"("a": "shape": expected a list, found 8)");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [2, 4.0], "data_offsets": [0, 8]}})",
                      R"("a": "shape"[1]: expected an integer, found 4.0)");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [-8], "data_offsets": [0, 8]}})",
                      R"("a": size 1 x -8 is out of range)");
  expect_header_error(
      R"({"a": {"dtype": "U8", "shape": [4294967296, 4294967296], "data_offsets": [0, 0]}})",
      R"("a": size 4294967296 x 4294967296 is out of range)");
  expect_header_error(
      R"({"a": {"dtype": "F64", "shape": [4611686018427387904], "data_offsets": [0, 0]}})",
      R"("a": size 4611686018427387904 x 8 is out of range)");
  expect_header_error(
      R"({"a": {"dtype": "U8", "shape": [18446744073709551615], "data_offsets": [0, 8]}})",
      R"("a": "shape"[0]: 18446744073709551615 is out of range)");
}

TEST_F(SafetensorsRead, ChecksOffsets) {
  const auto with_offsets = [](std::string_view offsets) {
    return std::string(R"({"a": {"dtype": "U8", "shape": [8], "data_offsets": )") +
           std::string(offsets) + "}}";
  };
  expect_header_error(with_offsets("[0, 9]"),
                      R"("a": expected two data_offsets within 8 bytes of data, found [0, 9])");
  expect_header_error(with_offsets("[-1, 7]"),
                      R"("a": expected two data_offsets within 8 bytes of data, found [-1, 7])");
  expect_header_error(with_offsets("[8, 0]"),
                      R"("a": expected two data_offsets within 8 bytes of data, found [8, 0])");
  expect_header_error(with_offsets("[0]"),
                      R"("a": expected two data_offsets within 8 bytes of data, found [0])");
  expect_header_error(with_offsets("[0, 7]"),
                      R"("a": expected 8 bytes for shape [8] of U8, found 7)");
}

TEST_F(SafetensorsRead, WantsEveryByteInOneTensor) {
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [5], "data_offsets": [0, 5]},
                          "b": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}})",
                      R"("a" and "b" overlap in the file)");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
                          "b": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}})",
                      R"("a" and "b" overlap in the file)");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
                          "b": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}})",
                      R"(2 bytes of data before "b" belong to no tensor)");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [5], "data_offsets": [0, 5]}})",
                      "3 bytes at the end of the file belong to no tensor");
  expect_header_error(R"({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
                          "inside": {"dtype": "U8", "shape": [0], "data_offsets": [3, 3]}})",
                      R"("a" and "inside" overlap in the file)");
}

}  // namespace
}  // namespace aqua::formats
