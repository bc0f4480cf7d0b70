#include "models/bpe_merge.hpp"

#include <gmock/gmock.h>

#include <map>

#include "aqua/core/random.hpp"

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

}  // namespace
}  // namespace aqua::text
