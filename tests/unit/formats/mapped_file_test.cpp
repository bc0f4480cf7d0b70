#include "aqua/formats/mapped_file.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "aqua/core/error.hpp"
#include "temporary_folder.hpp"

namespace aqua::formats {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

TEST(MappedFile, ShowsTheBytes) {
  const test::TemporaryFolder folder;
  MappedFile file(folder.write("f", "abc"));
  EXPECT_EQ(file.path(), folder / "f");
  ASSERT_EQ(file.bytes().size(), 3U);
  EXPECT_EQ(file.bytes()[2], std::byte{'c'});
  const MappedFile moved(std::move(file));
  EXPECT_EQ(moved.bytes()[0], std::byte{'a'});
}

TEST(MappedFile, NamesTheFileThatCannotBeMapped) {
  const test::TemporaryFolder folder;
  const auto expect = [](const std::filesystem::path& path, const std::string& message) {
    EXPECT_THAT([&] { MappedFile file(path); },
                ThrowsMessage<FormatError>(StrEq(path.string() + ": " + message)));
  };
  expect(folder / "missing", "cannot be opened: No such file or directory");
  expect(folder.path(), "expected a file, found a folder");
  expect("/dev/null", "expected a regular file, found a device or pipe");
  expect(folder.write("empty", ""), "the file is empty");
}

TEST(MappedFile, KeepsItsBytesAfterRelease) {
  const test::TemporaryFolder folder;
  const MappedFile file(folder.write("f", std::string(100000, 'x')));
  const auto is_x = [](std::byte b) { return b == std::byte{'x'}; };
  EXPECT_TRUE(std::ranges::all_of(file.bytes(), is_x));
  file.release(file.bytes().subspan(10, 50000));
  file.release(file.bytes().subspan(1, 2));
  file.release({});
  EXPECT_TRUE(std::ranges::all_of(file.bytes(), is_x));
}

}  // namespace
}  // namespace aqua::formats
