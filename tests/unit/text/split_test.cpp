// Documents held out of a corpus.

#include <gmock/gmock.h>

#include <set>

#include "aqua/core/error.hpp"
#include "aqua/text/corpus.hpp"

namespace aqua::text {
namespace {

Corpus corpus_of(int documents) {
  Corpus corpus{.name = "en", .path = "en.txt", .sha256 = "aa", .documents = {}};
  for (int i = 0; i < documents; ++i) corpus.documents.push_back({std::to_string(i), "text"});
  return corpus;
}

std::vector<int> ids(const Corpus& corpus) {
  std::vector<int> numbers;
  for (const Document& document : corpus.documents) numbers.push_back(std::stoi(document.id));
  return numbers;
}

TEST(Split, DealsEveryDocumentOnceAndKeepsTheOrder) {
  const SplitCorpus parts = split(corpus_of(20), 0.25, 3);
  const std::vector<int> rest = ids(parts.rest);
  const std::vector<int> held_out = ids(parts.held_out);
  EXPECT_EQ(held_out.size(), 5U);
  EXPECT_TRUE(std::is_sorted(rest.begin(), rest.end()));
  EXPECT_TRUE(std::is_sorted(held_out.begin(), held_out.end()));
  std::set<int> all(rest.begin(), rest.end());
  all.insert(held_out.begin(), held_out.end());
  EXPECT_EQ(all.size(), 20U);
  EXPECT_EQ(parts.held_out.name, "en");
  EXPECT_EQ(parts.held_out.sha256, "aa");
  EXPECT_EQ(ids(split(corpus_of(20), 0.25, 3).held_out), held_out);
  EXPECT_NE(ids(split(corpus_of(20), 0.25, 4).held_out), held_out);
}

TEST(Split, EveryDocumentIsDrawnAlike) {
  std::vector<int> drawn(10, 0);
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    for (const int id : ids(split(corpus_of(10), 0.3, seed).held_out)) ++drawn[id];
  }
  // Binomial(1000, 0.3): standard deviation 14.5, of which five are allowed.
  for (const int count : drawn) EXPECT_NEAR(count, 300, 73);
}

TEST(Split, KeepsOneOfEachPartAndRefusesWhatCannotBe) {
  EXPECT_EQ(split(corpus_of(2), 0.01, 0).held_out.documents.size(), 1U);
  EXPECT_EQ(split(corpus_of(2), 0.99, 0).rest.documents.size(), 1U);
  EXPECT_THROW(split(corpus_of(1), 0.5, 0), FormatError);
  EXPECT_THROW(split(corpus_of(5), 0.0, 0), UsageError);
  EXPECT_THROW(split(corpus_of(5), 1.0, 0), UsageError);
}

}  // namespace
}  // namespace aqua::text
