// Activations files that are wrong in one place, and the sentence that says so.
#include <gmock/gmock.h>

#include <limits>

#include "aqua/store/activations.hpp"
#include "hdf5_edit.hpp"
#include "stream.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using capture::Site;
using test::Hdf5Edit;
using testing::StrEq;
using testing::ThrowsMessage;

class DamagedActivations : public testing::Test {
 protected:
  void write() {
    const auto writer = make_activations_writer(path_, sample_provenance(), {});
    send_all(*writer, execution_);
    writer->commit();
  }
  void replay() {
    Recorder sink({Site::post_rope}, true);
    capture::QkSink* sinks[] = {&sink};
    open_activations(path_)->run(sinks, execution_);
  }
  template <class Damage>
  void expect_error(Damage damage, const std::string& message) {
    write();
    ASSERT_NO_THROW(replay());
    damage(Hdf5Edit(path_));
    EXPECT_THAT([&] { replay(); },
                ThrowsMessage<FormatError>(StrEq(path_.string() + ": " + message)));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "acts.h5";
  std::string site_ = "/layers/002/post_rope";
  ThreadPool pool_{1};
  NoProgress progress_;
  CancelToken cancel_;
  Execution execution_{pool_, progress_, cancel_};
};

TEST_F(DamagedActivations, Sequences) {
  expect_error([](const Hdf5Edit& edit) { edit.remove("/sequences/length"); },
               R"("/sequences/length" is missing)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/length", 1, int64_t{6}); },
               R"("/sequences/length": expected 1 to 5 at 1, found 6)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/length", 0, int64_t{0}); },
               R"("/sequences/length": expected 1 to 10 at 0, found 0)");
  expect_error(
      [](const Hdf5Edit& edit) {
        edit.set("/sequences/length", 2, std::numeric_limits<int64_t>::max());
      },
      R"("/sequences/length": expected 1 to 2 at 2, found 9223372036854775807)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/length", 2, int64_t{1}); },
               R"("/sequences/document": expected 9 tokens, the sum of the lengths, found 10)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/offset", 1, int64_t{4}); },
               R"("/sequences/offset": expected 5 at 1, found 4)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/first_counted", 2, int64_t{3}); },
               R"("/sequences/first_counted": expected 0 to 2 at 2, found 3)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/document", 4, int32_t{3}); },
               R"("/sequences/document": expected indices below 3, found 3)");
  expect_error([](const Hdf5Edit& edit) { edit.set("/sequences/document", 4, int32_t{-1}); },
               R"("/sequences/document": expected indices below 3, found -1)");
  expect_error(
      [](const Hdf5Edit& edit) {
        edit.replace("/sequences/offset", {2}, std::vector<int64_t>{0, 5});
      },
      R"("/sequences/offset": expected shape [3], found [2])");
  expect_error(
      [](const Hdf5Edit& edit) {
        edit.replace("/documents", {3}, std::vector<int64_t>{1, 2, 3});
      },
      R"("/documents": expected text, found integers)");
}

TEST_F(DamagedActivations, Vectors) {
  expect_error([&](const Hdf5Edit& edit) { edit.remove(site_ + "/k"); },
               R"("/layers/002/post_rope/k" is missing)");
  expect_error([&](const Hdf5Edit& edit) { edit.remove(site_ + "/v"); },
               R"("/layers/002/post_rope/v" is missing)");
  expect_error([&](const Hdf5Edit& edit) { edit.remove(site_); },
               R"("/layers/002/post_rope" is missing)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/q", {10, 2, 3}, std::vector<float>(60));
      },
      R"("/layers/002/post_rope/q": expected shape [10, 4, 3], found [10, 2, 3])");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/q", {10, 4, 3}, std::vector<int32_t>(120));
      },
      R"("/layers/002/post_rope/q": expected floating-point numbers, found integers)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/q", {10, 4, 3}, std::vector<float>());
      },
      R"("/layers/002/post_rope/q": expected 480 bytes of data, found 0)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.set(site_ + "/k", 7 * 6 + 2, std::numeric_limits<float>::quiet_NaN());
      },
      R"("/layers/002/post_rope/k": expected finite numbers, found nan at token 7)");
}

TEST_F(DamagedActivations, LogitRule) {
  expect_error([&](const Hdf5Edit& edit) { edit.remove_attribute(site_, "scale"); },
               R"("/layers/002/post_rope@scale" is missing)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.set_attribute(site_, "softcap", std::numeric_limits<double>::quiet_NaN());
      },
      R"("/layers/002/post_rope@softcap": expected a finite number of at least 0, found nan)");
  expect_error([&](const Hdf5Edit& edit) { edit.set_attribute(site_, "window", int64_t{-1}); },
               R"("/layers/002/post_rope@window": expected 0 (unlimited) or more, found -1)");
}

TEST_F(DamagedActivations, TruncatedAnywhere) {
  write();
  const std::string bytes = test::read_bytes(path_);
  for (std::size_t size = 0; size < bytes.size(); size += 997) {
    folder_.write("acts.h5", bytes.substr(0, size));
    EXPECT_THROW(replay(), FormatError) << size;
  }
}

}  // namespace
}  // namespace aqua::store
