// A disk that becomes full while HDF5 writes. A limit on file sizes stands in for it: the system
// calls fail in the same places. (Left to itself, HDF5 1.10 crashes when it closes such a file.)
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include "aqua/store/activations.hpp"
#include "aqua/store/calibration.hpp"
#include "stream.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

/// While it lives, no file of this process may grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::size_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class FullDisk : public testing::Test {
 protected:
  /// Writes with limits from nothing to one byte less than the file needs.
  template <class Write>
  void expect_errors(Write write) {
    write();
    const std::size_t size = std::filesystem::file_size(path_);
    std::filesystem::remove(path_);
    for (std::size_t limit = 0; limit < size; limit += std::min<std::size_t>(479, size - limit)) {
      fill(write, limit);
    }
    fill(write, size - 1);
    const FileSizeLimit enough(size);
    EXPECT_NO_THROW(write());
  }

  template <class Write>
  void fill(Write write, std::size_t limit) {
    SCOPED_TRACE(limit);
    {
      const FileSizeLimit full(limit);
      EXPECT_THAT(write, ThrowsMessage<FormatError>(
                             StrEq(path_.string() + ": cannot be written: File too large")));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "out.h5";
};

TEST_F(FullDisk, EndsACalibration) {
  const Calibration calibration = sample_calibration();
  expect_errors([&] { write_calibration(path_, calibration); });
}

TEST_F(FullDisk, EndsACapture) {
  ThreadPool pool(2);
  NoProgress progress;
  CancelToken cancel;
  expect_errors([&] {
    const auto writer = make_activations_writer(path_, sample_provenance(), {});
    send_all(*writer, {pool, progress, cancel});
    writer->commit();
  });
}

}  // namespace
}  // namespace aqua::store
