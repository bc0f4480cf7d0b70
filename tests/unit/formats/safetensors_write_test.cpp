#include <gmock/gmock.h>

#include <cstring>

#include "aqua/core/error.hpp"
#include "aqua/formats/safetensors.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::StrEq;
using testing::ThrowsMessage;

class SafetensorsWrite : public testing::Test {
 protected:
  std::filesystem::path write(const std::vector<NewTensor>& tensors,
                              const std::vector<std::pair<std::string, std::string>>& metadata) {
    AtomicFile file(path_);
    write_safetensors(file, tensors, metadata);
    file.commit();
    return path_;
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "out.safetensors";
  std::vector<float> floats_{1.0F, -2.0F, 3.0F};
  std::vector<int16_t> shorts_{7, 8};
};

TEST_F(SafetensorsWrite, ReadsBackWhatItWrote) {
  const auto file =
      open_safetensors(write({{"z", DType::i16, {2, 1}, std::as_bytes(std::span(shorts_))},
                              {"b", DType::f32, {3}, std::as_bytes(std::span(floats_))},
                              {"a", DType::f32, {0, 4}, {}}},
                             {{"format", "test"}, {"text", "हिन्दी \"quoted\""}}));
  EXPECT_THAT(file->names(), ElementsAre("a", "b", "z"));
  EXPECT_THAT(file->find("z")->shape, ElementsAre(2, 1));
  EXPECT_EQ(std::memcmp(file->find("b")->bytes.data(), floats_.data(), 12), 0);
  EXPECT_EQ(std::memcmp(file->find("z")->bytes.data(), shorts_.data(), 4), 0);
  EXPECT_THAT(file->metadata(),
              ElementsAre(Pair("format", "test"), Pair("text", "हिन्दी \"quoted\"")));
}

TEST_F(SafetensorsWrite, AlignsDataAndElements) {
  const auto file =
      open_safetensors(write({{"a", DType::i16, {2}, std::as_bytes(std::span(shorts_))},
                              {"b", DType::f32, {3}, std::as_bytes(std::span(floats_))}},
                             {}));
  // Mappings start on pages, so offsets in the file are offsets of addresses.
  const auto address = [&](const char* name) {
    return reinterpret_cast<uintptr_t>(file->find(name)->bytes.data());
  };
  EXPECT_EQ(address("b") % 64, 0U);
  EXPECT_EQ(address("a"), address("b") + 12);
}

TEST_F(SafetensorsWrite, DoesNotDependOnTheOrderOfItsArguments) {
  const NewTensor a{"a", DType::f32, {3}, std::as_bytes(std::span(floats_))};
  const NewTensor b{"b", DType::f32, {3}, std::as_bytes(std::span(floats_))};
  const std::string first = test::read_bytes(write({a, b}, {}));
  EXPECT_EQ(test::read_bytes(write({b, a}, {})), first);
}

TEST_F(SafetensorsWrite, WritesAFileWithoutTensors) {
  EXPECT_TRUE(open_safetensors(write({}, {}))->names().empty());
}

TEST_F(SafetensorsWrite, RefusesTensorsThatAreWrong) {
  EXPECT_THAT(
      [&] {
        write({{"a", DType::f32, {4}, std::as_bytes(std::span(floats_))}}, {});
      },
      ThrowsMessage<FormatError>(
          StrEq(path_.string() + ": \"a\": expected 16 bytes for shape [4] of F32, found 12")));
  const NewTensor a{"a", DType::f32, {3}, std::as_bytes(std::span(floats_))};
  EXPECT_THAT(
      [&] {
        write({a, a}, {});
      },
      ThrowsMessage<FormatError>(StrEq(path_.string() + ": \"a\" appears more than once")));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace aqua::formats
