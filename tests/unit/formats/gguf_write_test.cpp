#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "aqua/formats/gguf.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using Values = std::vector<std::pair<std::string, GgufValue>>;

class GgufWrite : public testing::Test {
 protected:
  std::unique_ptr<GgufFile> written(const Values& values, const std::vector<NewTensor>& tensors) {
    AtomicFile file(folder_ / "x.gguf");
    write_gguf(file, values, tensors);
    file.commit();
    return open_gguf(folder_ / "x.gguf");
  }

  test::TemporaryFolder folder_;
  std::vector<float> numbers_{1, 2, 3, 4, 5, 6};
  std::span<const std::byte> bytes_ = std::as_bytes(std::span(numbers_));
};

TEST_F(GgufWrite, ReadsBack) {
  const Values values{{"general.type", std::string("aqua")},
                      {"small", int64_t{7}},
                      {"large", int64_t{1} << 40},
                      {"negative", int64_t{-1}},
                      {"third", 1.0 / 3.0},
                      {"yes", true},
                      {"empty", std::vector<int64_t>{}},
                      {"integers", std::vector<int64_t>{-1, 2}},
                      {"wide", std::vector<int64_t>{int64_t{1} << 40}},
                      {"doubles", std::vector<double>{0.1, 0.2}},
                      {"flags", std::vector<bool>{true, false}},
                      {"texts", std::vector<std::string>{"", "हिन्दी"}}};
  const auto file = written(values, {{"b", DType::f32, {2, 3}, bytes_},
                                     {"a", DType::bf16, {1}, bytes_.first(2)},
                                     {"scalar", DType::i32, {}, bytes_.first(4)},
                                     {"none", DType::f16, {0, 4}, {}}});
  EXPECT_EQ(file->values(), GgufMetadata(values.begin(), values.end()));
  EXPECT_THAT(file->names(), ElementsAre("a", "b", "none", "scalar"));
  const Tensor& tensor = require(*file, "b", std::vector<int64_t>{2, 3});
  EXPECT_EQ(tensor.dtype, DType::f32);
  EXPECT_TRUE(std::ranges::equal(tensor.bytes, bytes_));
  EXPECT_EQ(require(*file, "a").dtype, DType::bf16);
  EXPECT_EQ(require(*file, "scalar").bytes.size(), 4U);
}

TEST_F(GgufWrite, HoldsNothing) { EXPECT_TRUE(written({}, {})->names().empty()); }

TEST_F(GgufWrite, RefusesWhatCannotBeWritten) {
  const auto expect_error = [&](const Values& values, const std::vector<NewTensor>& tensors,
                                const std::string& message) {
    EXPECT_THAT([&] { written(values, tensors); }, ThrowsMessage<FormatError>(HasSubstr(message)));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  };
  expect_error({{"x", true}, {"x", false}}, {}, "x.gguf: \"x\" appears more than once");
  expect_error({}, {{"t", DType::f32, {6}, bytes_}, {"t", DType::f32, {6}, bytes_}},
               "x.gguf: \"t\" appears more than once");
  expect_error({}, {{"t", DType::f32, {7}, bytes_}},
               "\"t\": expected 28 bytes for shape [7] of F32, found 24");
  expect_error({}, {{"t", DType::f32, {1, 1, 1, 1, 6}, bytes_}},
               "\"t\": GGUF has no arrays of F32 with 5 dimensions");
  expect_error({}, {{"t", DType::boolean, {24}, bytes_}},
               "\"t\": GGUF has no arrays of BOOL with 1 dimensions");
}

}  // namespace
}  // namespace aqua::formats
