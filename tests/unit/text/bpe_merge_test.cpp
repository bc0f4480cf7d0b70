#include "models/bpe_merge.hpp"

#include <gmock/gmock.h>

#include <map>

#include "aqua/core/random.hpp"
#include "models/bpe_joints.hpp"

namespace aqua::text {
namespace {

using ::testing::ElementsAre;

using Merges = std::map<std::pair<int32_t, int32_t>, Merge>;

MergeTable table(const Merges& merges) {
  MergeTable result(merges.size());
  for (const auto& [pair, merge] : merges) result.set(pair.first, pair.second, merge);
  return result;
}

std::vector<Symbol> word(const std::vector<int32_t>& ids) {
  std::vector<Symbol> symbols;
  for (const int32_t id : ids) symbols.push_back({id, static_cast<int64_t>(symbols.size())});
  return symbols;
}

// By the definition: look at every pair for every merge.
std::vector<Symbol> merge_by_definition(std::vector<Symbol> symbols, const Merges& merges) {
  while (true) {
    Merge best;
    std::size_t left = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = merges.find({symbols[i].id, symbols[i + 1].id});
      if (found != merges.end() && found->second.rank < best.rank) {
        best = found->second;
        left = i;
      }
    }
    if (best.rank == Merge::kNone) return symbols;
    symbols[left].id = best.id;
    symbols.erase(symbols.begin() + left + 1);
  }
}

TEST(MergeTable, FindsWhatWasSetAndTheLastOfTwo) {
  MergeTable merges(2);
  merges.set(1, 2, {5, 10});
  merges.set(2, 1, {6, 11});
  merges.set(1, 2, {7, 12});
  EXPECT_EQ(merges.get(1, 2).rank, 7);
  EXPECT_EQ(merges.get(1, 2).id, 12);
  EXPECT_EQ(merges.get(2, 1).id, 11);
  EXPECT_EQ(merges.get(2, 2).rank, Merge::kNone);
  EXPECT_EQ(MergeTable(0).get(0, 0).rank, Merge::kNone);
  EXPECT_TRUE(merges.contains(2, 1));
  EXPECT_FALSE(merges.contains(2, 2));
  std::map<std::pair<int32_t, int32_t>, int32_t> ids;
  merges.for_each([&](int32_t left, int32_t right, Merge merge) { ids[{left, right}] = merge.id; });
  EXPECT_THAT(ids, ElementsAre(std::pair(std::pair(1, 2), 12), std::pair(std::pair(2, 1), 11)));
}

TEST(WordMerger, LowestRankFirstThenLeftmost) {
  // 1: bc, 2: ab, in this order; a=0 b=1 c=2.
  const Merges merges{{{1, 2}, {0, 10}}, {{0, 1}, {1, 11}}, {{1, 1}, {2, 12}}};
  const MergeTable merge_table = table(merges);
  WordMerger merger(merge_table);
  auto symbols = word({0, 1, 2, 1, 1, 1});
  merger.merge(symbols);
  std::vector<int32_t> ids;
  std::vector<int64_t> begins;
  for (const Symbol& symbol : symbols) {
    ids.push_back(symbol.id);
    begins.push_back(symbol.begin);
  }
  EXPECT_THAT(ids, ElementsAre(0, 10, 12, 1));
  EXPECT_THAT(begins, ElementsAre(0, 1, 3, 5));
}

// Random merges over four letters and what they become, as a trainer would make them: each joins
// two tokens that exist into a new one.
TEST(WordMerger, AgreesWithTheDefinitionForEveryLength) {
  Random random(7, Random::Purpose::test);
  for (int round = 0; round < 300; ++round) {
    Merges merges;
    for (int32_t id = 4; id < 40; ++id) {
      const std::pair pair{static_cast<int32_t>(random.below(id)),
                           static_cast<int32_t>(random.below(id))};
      merges.emplace(pair, Merge{id - 4, id});
    }
    const MergeTable merge_table = table(merges);
    WordMerger merger(merge_table);
    for (const int64_t length : {0, 1, 2, 3, 31, 32, 33, 200}) {
      std::vector<int32_t> ids(length);
      for (int32_t& id : ids) id = static_cast<int32_t>(random.below(round % 2 == 0 ? 2 : 4));
      const std::vector<Symbol> expected = merge_by_definition(word(ids), merges);
      std::vector<Symbol> symbols = word(ids);
      merger.merge(symbols);
      ASSERT_EQ(symbols.size(), expected.size()) << "round " << round << ", length " << length;
      for (std::size_t i = 0; i < symbols.size(); ++i) {
        ASSERT_EQ(symbols[i].id, expected[i].id);
        ASSERT_EQ(symbols[i].begin, expected[i].begin);
      }
    }
  }
}

// Random vocabularies of texts over "ab ", of which few joints are possible: cutting long words
// along the others changes nothing.
TEST(FindJoints, CuttingAlongThemChangesNothing) {
  Random random(8, Random::Purpose::test);
  int cuts = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> texts{"a", "b", " "};
    Vocabulary vocabulary{{"a", 0}, {"b", 1}, {" ", 2}};
    Merges merges;
    for (int32_t rank = 0; rank < 12; ++rank) {
      const auto left = static_cast<int32_t>(random.below(static_cast<int64_t>(texts.size())));
      const auto right = static_cast<int32_t>(random.below(static_cast<int64_t>(texts.size())));
      const std::string whole = texts[left] + texts[right];
      const auto [entry, is_new] = vocabulary.emplace(whole, static_cast<int32_t>(texts.size()));
      if (is_new) texts.push_back(whole);
      merges.emplace(std::pair{left, right}, Merge{rank, entry->second});
    }
    const MergeTable merge_table = table(merges);
    const auto joints = find_joints(vocabulary, merge_table, {});
    ASSERT_TRUE(joints);
    std::vector<int32_t> ids(150);
    for (int32_t& id : ids) id = static_cast<int32_t>(random.below(3));
    for (std::size_t i = 1; i < ids.size(); ++i) cuts += !joints->contains(ids[i - 1], ids[i]);
    const std::vector<Symbol> expected = merge_by_definition(word(ids), merges);
    std::vector<Symbol> symbols = word(ids);
    WordMerger(merge_table, &*joints).merge(symbols);
    ASSERT_EQ(symbols.size(), expected.size()) << "round " << round;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      ASSERT_EQ(symbols[i].id, expected[i].id);
      ASSERT_EQ(symbols[i].begin, expected[i].begin);
    }
  }
  EXPECT_GT(cuts, 1000);
}

TEST(FindJoints, NoneWhereTextsDoNotTellWhatATokenIsMadeOf) {
  const Vocabulary vocabulary{{"a", 0}, {"<unk>", 1}, {"<0x41>", 2}, {"a<0x41>", 3}, {"a<unk>", 4}};
  const auto joints_of = [&](int32_t right, int32_t whole, const BpeOptions& options) {
    return find_joints(vocabulary, table({{{0, right}, {0, whole}}}), options).has_value();
  };
  EXPECT_FALSE(joints_of(2, 3, {}));
  EXPECT_TRUE(joints_of(1, 4, {}));
  BpeOptions with_unknown;
  with_unknown.unknown = 1;
  EXPECT_FALSE(joints_of(1, 4, with_unknown));
  BpeOptions with_suffix;
  with_suffix.word_suffix = "</w>";
  EXPECT_FALSE(joints_of(1, 4, with_suffix));
}

}  // namespace
}  // namespace aqua::text
