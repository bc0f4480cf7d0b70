// Calibration files that are wrong in one place, and the sentence that says so.
#include <gmock/gmock.h>

#include <limits>

#include "aqua/core/error.hpp"
#include "aqua/store/activations.hpp"
#include "aqua/store/calibration.hpp"
#include "hdf5_edit.hpp"
#include "samples.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using test::Hdf5Edit;
using testing::StartsWith;
using testing::StrEq;
using testing::ThrowsMessage;

class DamagedCalibration : public testing::Test {
 protected:
  /// Writes a good file, damages it, and expects this message after its name.
  template <class Damage>
  void expect_error(Damage damage, const std::string& message) const {
    write_calibration(path_, sample_calibration());
    ASSERT_NO_THROW(read_calibration(path_));
    damage(Hdf5Edit(path_));
    EXPECT_THAT([&] { read_calibration(path_); },
                ThrowsMessage<FormatError>(StrEq(path_.string() + ": " + message)));
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "c.aqua.h5";
  std::string site_ = "/layers/007/post_rope";
};

TEST_F(DamagedCalibration, NotHdf5) {
  EXPECT_THAT([&] { read_calibration(path_); },
              ThrowsMessage<FormatError>(
                  StrEq(path_.string() + ": cannot be opened: No such file or directory")));
  EXPECT_THAT([&] { read_calibration(folder_.path()); },
              ThrowsMessage<FormatError>(
                  StrEq(folder_.path().string() + ": expected a file, found a folder")));
  for (const char* bytes : {"", "some text"}) {
    folder_.write("c.aqua.h5", bytes);
    EXPECT_THAT([&] { read_calibration(path_); },
                ThrowsMessage<FormatError>(StartsWith(
                    path_.string() + ": expected an HDF5 file, found one that cannot be opened as "
                                     "such (")));
  }
}

TEST_F(DamagedCalibration, TruncatedAnywhere) {
  write_calibration(path_, sample_calibration());
  const std::string bytes = test::read_bytes(path_);
  for (std::size_t size = 0; size < bytes.size(); size += 997) {
    folder_.write("c.aqua.h5", bytes.substr(0, size));
    EXPECT_THROW(read_calibration(path_), FormatError) << size;
  }
}

TEST_F(DamagedCalibration, OfAnotherFormatOrVersion) {
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "format", "aqua-activations"); },
               R"("/@format": expected "aqua-calibration", found "aqua-activations")");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "format_version", int64_t{2}); },
               R"("/@format_version": expected 1, found 2: written by another version of aqua)");
  expect_error([](const Hdf5Edit& edit) { edit.remove_attribute("/", "format"); },
               R"("/@format" is missing)");
  write_calibration(path_, sample_calibration());
  EXPECT_THROW(open_activations(path_), FormatError);
}

TEST_F(DamagedCalibration, Attributes) {
  expect_error([](const Hdf5Edit& edit) { edit.remove_attribute("/", "model_name"); },
               R"("/@model_name" is missing)");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "model_name", 1.5); },
               R"("/@model_name": expected text, found floating-point numbers)");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "model_layers", 1.5); },
               R"("/@model_layers": expected integers, found floating-point numbers)");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "model_head_dim", int64_t{0}); },
               R"("/@model_head_dim": expected 1 to 2147483647, found 0)");
  expect_error(
      [](const Hdf5Edit& edit) { edit.set_attribute("/", "model_query_heads", int64_t{5}); },
      "5 query heads (num_attention_heads) is not a multiple of 2 KV heads (num_key_value_heads)");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "model_rope_layout", "spiral"); },
               R"("/@model_rope_layout": expected none, half or interleaved, found "spiral")");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "corpus_name", "en"); },
               R"("/@corpus_name": expected a list)");
  expect_error([](const Hdf5Edit& edit) { edit.set_attribute("/", "corpus_tokens", int64_t{1}); },
               R"("/@corpus_tokens": expected a list)");
}

TEST_F(DamagedCalibration, Layers) {
  expect_error([](const Hdf5Edit& edit) { edit.remove("/layers"); }, R"("/layers" is missing)");
  expect_error([](const Hdf5Edit& edit) { edit.rename("/layers/007", "/layers/7"); },
               R"("/layers/7": expected a layer's number in three digits or more)");
  expect_error([](const Hdf5Edit& edit) { edit.rename("/layers/007", "/layers/-07"); },
               R"("/layers/-07": expected a layer's number in three digits or more)");
  expect_error([](const Hdf5Edit& edit) { edit.rename("/layers/007", "/layers/1002"); },
               R"("/layers/1002": expected a layer below model_layers, which is 1002)");
  expect_error([](const Hdf5Edit& edit) { edit.rename("/layers/007/post_rope", "/other"); },
               R"("/layers/007": expected pre_rope or post_rope, found neither)");
  expect_error(
      [](const Hdf5Edit& edit) {
        edit.remove("/layers");
        edit.group("/layers");
      },
      R"("/layers": expected at least one layer, found none)");
}

TEST_F(DamagedCalibration, Shapes) {
  expect_error([&](const Hdf5Edit& edit) { edit.remove(site_ + "/basis"); },
               R"("/layers/007/post_rope/basis" is missing)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/basis", {2, 3, 2}, std::vector<double>(12));
      },
      R"("/layers/007/post_rope/basis": expected shape [2, 3, 3], found [2, 3, 2])");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/singular_values", {6}, std::vector<double>(6));
      },
      R"("/layers/007/post_rope/singular_values": expected shape [2, 3], found [6])");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/count_key", {2}, std::vector<double>(2));
      },
      R"("/layers/007/post_rope/count_key": expected integers, found floating-point numbers)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.remove(site_ + "/r_key");
        edit.group(site_ + "/r_key");
      },
      R"("/layers/007/post_rope/r_key": expected a dataset, found another kind of object)");
}

// A head dimension of a million, with datasets to match that were never written: the claim is
// 16 TB, the file a few kilobytes.
TEST_F(DamagedCalibration, HugeClaims) {
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.set_attribute("/", "model_head_dim", int64_t{1000000});
        edit.replace("/layers/000/pre_rope/basis", {2, 1000000, 1000000}, std::vector<double>());
      },
      R"("/layers/000/pre_rope/basis": expected 16000000000000 bytes of data, found 0)");
}

TEST_F(DamagedCalibration, DataElsewhereOrCompressed) {
  expect_error(
      [&](const Hdf5Edit& edit) {
        const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_external(creation, "/etc/passwd", 0, 18 * 8);
        edit.replace(site_ + "/basis", {2, 3, 3}, std::vector<double>(), creation);
        H5Pclose(creation);
      },
      R"("/layers/007/post_rope/basis": expected data in this file, found a reference to another file)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        const hsize_t chunk[3] = {2, 3, 3};
        H5Pset_chunk(creation, 3, chunk);
        H5Pset_deflate(creation, 9);
        edit.replace(site_ + "/basis", {2, 3, 3}, std::vector<double>(18), creation);
        H5Pclose(creation);
      },
      R"("/layers/007/post_rope/basis": expected plain data, found compressed data)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.remove(site_ + "/basis");
        edit.external_link("other.h5", site_ + "/basis");
      },
      R"("/layers/007/post_rope/basis": expected a group or dataset, found a link to another place)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.remove("/layers/007");
        edit.external_link((folder_ / "other.h5").string(), "/layers/007");
        std::filesystem::copy_file(path_, folder_ / "other.h5",
                                   std::filesystem::copy_options::overwrite_existing);
      },
      R"("/layers/007": expected a group or dataset, found a link to another place)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.remove("/layers/007");
        edit.soft_link("/layers/000", "/layers/007");
      },
      R"("/layers/007": expected a group or dataset, found a link to another place)");
}

TEST_F(DamagedCalibration, Numbers) {
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.set(site_ + "/r_query", 4, std::numeric_limits<double>::quiet_NaN());
      },
      R"("/layers/007/post_rope/r_query": expected finite numbers, found nan)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.set(site_ + "/singular_values", 3, std::numeric_limits<double>::infinity());
      },
      R"("/layers/007/post_rope/singular_values": expected finite numbers, found inf)");
  expect_error(
      [&](const Hdf5Edit& edit) { edit.set(site_ + "/r_key", 9 + 6, 0.5); },
      R"("/layers/007/post_rope/r_key": expected upper-triangular matrices, found 0.5 at [1, 2, 0])");
  expect_error([&](const Hdf5Edit& edit) { edit.set(site_ + "/count_query", 1, int64_t{-1}); },
               R"("/layers/007/post_rope/count_query": expected counts, none negative, found -1)");
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/singular_values", {2, 3}, std::vector<double>{3, 2, 1, 3, 4, 1});
      },
      R"("/layers/007/post_rope/singular_values": expected falling numbers, none negative, for head 1, found 4 at 1)");
  expect_error(
      [&](const Hdf5Edit& edit) { edit.set(site_ + "/singular_values", 2, -1.0); },
      R"("/layers/007/post_rope/singular_values": expected falling numbers, none negative, for head 0, found -1 at 2)");
}

TEST_F(DamagedCalibration, NotOrthogonal) {
  expect_error(
      [&](const Hdf5Edit& edit) {
        edit.replace(site_ + "/basis", {2, 3, 3},
                     std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 2, 0, 0, 0, 1});
      },
      R"("/layers/007/post_rope/basis": expected an orthogonal matrix for head 1, found ‖PᵀP−I‖ = 3, above 1e-09)");
}

// Strings of fixed length and integers of other widths, as other tools write them, are read, too.
TEST_F(DamagedCalibration, OtherSpellingsAreNoDamage) {
  write_calibration(path_, sample_calibration());
  {
    const Hdf5Edit edit(path_);
    edit.set_attribute("/", "model_name", "fixed");
    edit.set_attribute("/", "model_layers", int32_t{1002});
    edit.replace("/layers/007/post_rope/count_key", {2}, std::vector<int32_t>{8, 9});
    edit.replace("/layers/007/post_rope/singular_values", {2, 3},
                 std::vector<float>{3, 2, 1, 3, 2, 1});
  }
  const Calibration read = read_calibration(path_);
  EXPECT_EQ(read.model.name, "fixed");
  const auto& heads = read.heads.at({LayerIndex{7}, capture::Site::post_rope});
  EXPECT_EQ(heads[1].statistics.key.count(), 9);
  EXPECT_THAT(heads[1].aqua.singular_values, testing::ElementsAre(3, 2, 1));
}

}  // namespace
}  // namespace aqua::store
