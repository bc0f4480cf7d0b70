#include "aqua/store/calibration.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "aqua/core/error.hpp"
#include "samples.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using test::TemporaryFolder;

bool equal(ConstMatrixView<double> a, ConstMatrixView<double> b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  for (int64_t r = 0; r < a.rows(); ++r) {
    if (!std::ranges::equal(a.row(r), b.row(r))) return false;
  }
  return true;
}

TEST(Calibration, ReadsBackEveryBit) {
  const TemporaryFolder folder;
  const Calibration written = sample_calibration();
  write_calibration(folder / "c.aqua.h5", written);
  const Calibration read = read_calibration(folder / "c.aqua.h5");
  EXPECT_EQ(read.model, written.model);
  EXPECT_EQ(read.provenance, written.provenance);
  ASSERT_EQ(read.heads.size(), written.heads.size());
  for (const auto& [key, heads] : written.heads) {
    const auto& found = read.heads.at(key);
    ASSERT_EQ(found.size(), heads.size());
    for (std::size_t h = 0; h < heads.size(); ++h) {
      EXPECT_TRUE(equal(found[h].statistics.query.r(), heads[h].statistics.query.r()));
      EXPECT_TRUE(equal(found[h].statistics.key.r(), heads[h].statistics.key.r()));
      EXPECT_EQ(found[h].statistics.query.count(), 20);
      EXPECT_EQ(found[h].statistics.key.count(), 10);
      EXPECT_TRUE(equal(found[h].aqua.query_map, heads[h].aqua.query_map));
      EXPECT_TRUE(equal(found[h].aqua.key_map, heads[h].aqua.key_map));
      EXPECT_EQ(found[h].aqua.singular_values, heads[h].aqua.singular_values);
      EXPECT_TRUE(found[h].aqua.orthogonal);
    }
  }
}

TEST(Calibration, GivesEqualFilesForEqualContents) {
  const TemporaryFolder folder;
  write_calibration(folder / "a", sample_calibration());
  write_calibration(folder / "b", sample_calibration());
  EXPECT_EQ(test::read_bytes(folder / "a"), test::read_bytes(folder / "b"));
}

TEST(Calibration, MayHaveNoCorpora) {
  const TemporaryFolder folder;
  Calibration calibration = sample_calibration();
  calibration.provenance.corpora.clear();
  calibration.provenance.kernels.clear();
  write_calibration(folder / "c", calibration);
  EXPECT_EQ(read_calibration(folder / "c").provenance, calibration.provenance);
}

TEST(Calibration, ReplacesAFileOnlyWhenItIsWhole) {
  const TemporaryFolder folder;
  const auto path = folder.write("c", "old");
  Calibration broken = sample_calibration();
  broken.heads.begin()->second.pop_back();
  EXPECT_THROW(write_calibration(path, broken), Error);
  EXPECT_EQ(test::read_bytes(path), "old");
  write_calibration(path, sample_calibration());
  EXPECT_TRUE(is_calibration(path));
}

TEST(Calibration, IsTellsFilesApart) {
  const TemporaryFolder folder;
  write_calibration(folder / "c", sample_calibration());
  EXPECT_TRUE(is_calibration(folder / "c"));
  EXPECT_FALSE(is_calibration(folder.write("text", "not HDF5")));
  EXPECT_FALSE(is_calibration(folder / "missing"));
  EXPECT_FALSE(is_calibration(folder.path()));
}

}  // namespace
}  // namespace aqua::store
