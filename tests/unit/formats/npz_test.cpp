#include "aqua/formats/npz.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "aqua/core/error.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;
using testing::VariantWith;

using Scalars = std::vector<std::pair<std::string, NpzScalar>>;

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Npz : public testing::Test {
 protected:
  std::filesystem::path write(const Scalars& scalars, const std::vector<NewTensor>& tensors) {
    AtomicFile file(folder_ / "x.npz");
    write_npz(file, scalars, tensors);
    file.commit();
    return folder_ / "x.npz";
  }
  void expect_error(const std::string& bytes, const std::string& message) {
    const auto path = folder_.write("damaged.npz", bytes);
    EXPECT_THAT([&] { open_npz(path); }, ThrowsMessage<FormatError>(HasSubstr(message)));
  }

  test::TemporaryFolder folder_;
  std::vector<float> numbers_{1, 2, 3, 4, 5, 6};
  std::span<const std::byte> bytes_ = std::as_bytes(std::span(numbers_));
};

TEST_F(Npz, ReadsBack) {
  const auto path =
      write({{"text", "q @ P, हिन्दी 𝔸"}, {"number", int64_t{-3}}, {"empty", ""}},
            {{"a.b", DType::f32, {2, 3}, bytes_}, {"n", DType::i32, {1}, bytes_.first(4)}});
  EXPECT_TRUE(is_zip(path));
  const auto file = open_npz(path);
  EXPECT_THAT(file->scalars(),
              ElementsAre(Pair("empty", VariantWith<std::string>("")),
                          Pair("number", VariantWith<int64_t>(-3)),
                          Pair("text", VariantWith<std::string>("q @ P, हिन्दी 𝔸"))));
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("empty", ""), Pair("text", "q @ P, हिन्दी 𝔸")));
  EXPECT_THAT(file->names(), ElementsAre("a.b", "n"));
  const Tensor& tensor = require(*file, "a.b", std::vector<int64_t>{2, 3});
  EXPECT_EQ(tensor.dtype, DType::f32);
  EXPECT_TRUE(std::ranges::equal(tensor.bytes, bytes_));
  EXPECT_EQ(tensor.file, path.string());
}

TEST_F(Npz, EqualContentsGiveEqualBytes) {
  const auto once = contents(write({{"x", "y"}}, {{"t", DType::f32, {6}, bytes_}}));
  EXPECT_EQ(contents(write({{"x", "y"}}, {{"t", DType::f32, {6}, bytes_}})), once);
}

// Written by NumPy 2.4: tests/golden/formats/make_goldens.py.
TEST_F(Npz, ReadsWhatNumPyWrites) {
  const std::filesystem::path golden = AQUA_SOURCE_DIR "/tests/golden/formats";
  for (const char* name : {"numpy.npz", "numpy_compressed.npz"}) {
    const auto file = open_npz(golden / name);
    EXPECT_THAT(file->scalars(), ElementsAre(Pair("number", VariantWith<int64_t>(42)),
                                             Pair("text", VariantWith<std::string>("हिन्दी"))));
    std::vector<float> values(6);
    for (const char* type : {"float64", "float32", "float16"}) {
      const Tensor& tensor = require(*file, type, std::vector<int64_t>{2, 3});
      to_float32(tensor.dtype, tensor.bytes, values);
      EXPECT_THAT(values, ElementsAre(0, 0.5, 1, 1.5, 2, 2.5)) << name << ' ' << type;
    }
    const Tensor& integers = require(*file, "int32", std::vector<int64_t>{4});
    std::vector<int32_t> read(4);
    std::memcpy(read.data(), integers.bytes.data(), integers.bytes.size());
    EXPECT_THAT(read, ElementsAre(0, 1, 2, 3));
  }
  EXPECT_THAT([&] { open_npz(golden / "numpy_fortran.npz"); },
              ThrowsMessage<FormatError>(
                  HasSubstr("numpy_fortran.npz: \"x\": expected C order, found Fortran order")));
}

TEST_F(Npz, RefusesDamage) {
  const std::string good = contents(write({{"x", int64_t{1}}}, {{"t", DType::f32, {6}, bytes_}}));
  expect_error("", "damaged.npz: cannot be read as a zip archive: ");
  expect_error(good.substr(0, good.size() / 2), "damaged.npz: cannot be read as a zip archive: ");
  // One bit of the data: the checksum tells.
  std::string flipped = good;
  const std::size_t data = flipped.find(std::string_view("\x00\x00\x80\x3f", 4));
  ASSERT_NE(data, std::string::npos);
  flipped[data] = '\x01';
  expect_error(flipped, "damaged.npz: \"t\": cannot be read: CRC error");
}

TEST_F(Npz, RefusesWhatCannotBeWritten) {
  const auto expect = [&](const Scalars& scalars, const std::vector<NewTensor>& tensors,
                          const std::string& message) {
    EXPECT_THAT([&] { write(scalars, tensors); }, ThrowsMessage<FormatError>(HasSubstr(message)));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  };
  expect({}, {{"t", DType::bf16, {12}, bytes_}}, "x.npz: \"t\": NumPy has no arrays of BF16");
  expect({{"t", "x"}}, {{"t", DType::f32, {6}, bytes_}}, "x.npz: \"t\" appears more than once");
}

TEST_F(Npz, IsZipNeedsAFile) {
  EXPECT_FALSE(is_zip(folder_ / "none"));
  EXPECT_FALSE(is_zip(folder_.write("short", "PK")));
}

}  // namespace
}  // namespace aqua::formats
