#include "aqua/store/partial_fit.hpp"

#include <gmock/gmock.h>

#include "aqua/core/error.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using testing::StrEq;
using testing::ThrowsMessage;

constexpr HeadLayout layout{.query_heads = 2, .kv_heads = 1, .head_dim = 2};
const SiteKey key{LayerIndex{1}, capture::Site::post_rope};

class Partial : public testing::Test {
 protected:
  Partial() : path_(folder_ / "x.partial") {
    statistics_[key].emplace_back(2);
    const double rows[] = {3, 4, 0, 5};
    statistics_[key][0].query.add_rows(ConstMatrixView<double>(rows, 2, 2));
    for (int64_t i = 0; i < hidden_.size(); ++i) hidden_.data()[i] = static_cast<float>(i) / 3.0F;
  }
  void write(LayerIndex next) {
    write_partial_fit(path_, {.fingerprint = fingerprint_,
                              .corpus = 1,
                              .next_layer = next,
                              .hidden = hidden_,
                              .statistics = statistics_,
                              .heads = layout});
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_;
  std::string fingerprint_ = "f";
  Matrix<float> hidden_{3, 4};
  std::map<SiteKey, std::vector<projection::HeadStatistics>> statistics_;
};

TEST_F(Partial, ReadsBackToTheLastBit) {
  write({2});
  EXPECT_EQ(read_partial_fingerprint(path_), "f");
  const PartialFit read = read_partial_fit(path_, layout, 4);
  EXPECT_EQ(read.fingerprint, "f");
  EXPECT_EQ(read.corpus, 1);
  EXPECT_EQ(read.next_layer, LayerIndex{2});
  ASSERT_EQ(read.hidden.rows(), 3);
  EXPECT_TRUE(std::equal(hidden_.data(), hidden_.data() + 12, read.hidden.data()));
  ASSERT_EQ(read.statistics.size(), 1U);
  const auto& head = read.statistics.at(key).at(0);
  EXPECT_EQ(head.query.count(), 2);
  EXPECT_EQ(head.key.count(), 0);
  const auto expected = statistics_[key][0].query.r();
  EXPECT_TRUE(std::equal(expected.data(), expected.data() + 4, head.query.r().data()));
}

TEST_F(Partial, HoldsHiddenStatesAlone) {
  statistics_.clear();
  write({1});
  EXPECT_TRUE(read_partial_fit(path_, layout, 4).statistics.empty());
}

TEST_F(Partial, RefusesOtherFilesAndOtherModels) {
  write({3});
  EXPECT_THAT([&] { read_partial_fit(path_, layout, 3); },
              ThrowsMessage<FormatError>(StrEq(
                  path_.string() + ": \"/@next_layer\": expected a layer from 1 to 2, found 3")));
  constexpr HeadLayout other{.query_heads = 2, .kv_heads = 1, .head_dim = 3};
  EXPECT_THROW(read_partial_fit(path_, other, 4), FormatError);
  EXPECT_THROW(read_partial_fingerprint(folder_.write("text", "hello")), FormatError);
}

}  // namespace
}  // namespace aqua::store
