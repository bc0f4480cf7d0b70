#include "aqua/core/atomic_file.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include "aqua/core/error.hpp"
#include "temporary_folder.hpp"

namespace aqua {
namespace {

using test::read_bytes;
using test::TemporaryFolder;
using testing::StrEq;
using testing::ThrowsMessage;

int files_in(const TemporaryFolder& folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++count;
  }
  return count;
}

TEST(AtomicFile, AppearsOnCommitOnly) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out");
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  file.commit();
  EXPECT_EQ(read_bytes(folder / "out"), "one two");
  EXPECT_EQ(files_in(folder), 1);
}

TEST(AtomicFile, LeavesTheOldFileWhenNotCommitted) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  {
    AtomicFile file(folder / "out");
    file.write("new");
  }
  EXPECT_EQ(read_bytes(folder / "out"), "old");
  EXPECT_EQ(files_in(folder), 1);
}

TEST(AtomicFile, ReplacesTheOldFile) {
  const TemporaryFolder folder;
  folder.write("out", "a longer old file");
  AtomicFile file(folder / "out");
  file.write("new");
  file.commit();
  EXPECT_EQ(read_bytes(folder / "out"), "new");
}

TEST(AtomicFile, NamesTheFolderThatIsMissing) {
  const TemporaryFolder folder;
  const std::string path = (folder / "no/out").string();
  EXPECT_THAT([&] { AtomicFile file(path); },
              ThrowsMessage<FormatError>(StrEq(path + ": cannot be written: the folder " +
                                               (folder / "no").string() + " does not exist")));
}

TEST(AtomicFile, RefusesFoldersAndDevices) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { AtomicFile file(folder.path()); },
              ThrowsMessage<FormatError>(StrEq(folder.path().string() +
                                               ": expected a file name to write, found a folder")));
  EXPECT_THAT([&] { AtomicFile file("/dev/null"); },
              ThrowsMessage<FormatError>(
                  StrEq("/dev/null: expected a file name to write, found a device or pipe")));
}

TEST(AtomicFile, ReportsAFullDiskAndLeavesNothing) {
  const TemporaryFolder folder;
  const std::string path = (folder / "out").string();
  // A limit on file sizes stands in for a disk that is full.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  EXPECT_THAT(
      [&] {
        AtomicFile file(path);
        ::setrlimit(RLIMIT_FSIZE, &small);
        file.write(std::string(5000, 'x'));
      },
      ThrowsMessage<FormatError>(StrEq(path + ": cannot be written: File too large")));
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(files_in(folder), 0);
}

}  // namespace
}  // namespace aqua
