#include "aqua/text/corpus.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using ::testing::StrEq;
using ::testing::ThrowsMessage;

/// One token for each byte.
class ByteTokenizer final : public Tokenizer {
 public:
  Encoding encode_with_starts(std::string_view text, bool) const override {
    Encoding encoding;
    for (std::size_t at = 0; at < text.size(); ++at) {
      encoding.ids.push_back(static_cast<unsigned char>(text[at]));
      encoding.starts.push_back(static_cast<int64_t>(at));
    }
    return encoding;
  }
  int64_t vocabulary_size() const override { return 256; }
};

PackedCorpus packed(const PackOptions& options) {
  Corpus corpus{.name = "en", .path = "en.txt", .sha256 = "abc", .documents = {}};
  for (const std::size_t length : {3, 40, 1, 1, 17, 9, 30, 2}) {
    const auto letter = static_cast<char>('a' + corpus.documents.size());
    corpus.documents.push_back({std::string(1, letter), std::string(length, letter)});
  }
  ThreadPool pool(1);
  NoProgress progress;
  const CancelToken cancel;
  return pack(corpus, ByteTokenizer(), options, 256, {pool, progress, cancel});
}

// The shards' windows, put back in order, are the whole's; what is counted adds up.
TEST(Shard, AllOfThemAreTheWhole) {
  for (const PackOptions& base :
       {PackOptions{.sequence_length = 8}, PackOptions{.sequence_length = 10, .stride = 4},
        PackOptions{.sequence_length = 8, .max_tokens = 50}}) {
    const PackedCorpus whole = packed(base);
    const auto windows = static_cast<int64_t>(whole.ids.size());
    for (const int64_t count : {int64_t{1}, int64_t{2}, int64_t{3}, windows}) {
      CorpusFacts sum = whole.facts;
      sum.documents = sum.tokens = 0;
      int64_t bytes = 0;
      int64_t predicted_bytes = 0;
      int64_t seen = 0;
      for (int64_t index = 1; index <= count; ++index) {
        PackOptions options = base;
        options.shard = {index, count};
        const PackedCorpus part = packed(options);
        EXPECT_EQ(part.documents, whole.documents);
        for (std::size_t i = 0; i < part.ids.size(); ++i) {
          const auto place = static_cast<std::size_t>(index - 1 + static_cast<int64_t>(i) * count);
          ASSERT_LT(place, whole.ids.size());
          EXPECT_EQ(part.ids[i], whole.ids[place]);
          EXPECT_EQ(part.sequences[i], whole.sequences[place]);
        }
        seen += static_cast<int64_t>(part.ids.size());
        sum.documents += part.facts.documents;
        sum.tokens += part.facts.tokens;
        bytes += part.bytes;
        predicted_bytes += part.predicted_bytes;
      }
      EXPECT_EQ(seen, windows);
      EXPECT_EQ(sum, whole.facts);
      EXPECT_EQ(bytes, whole.bytes);
      EXPECT_EQ(predicted_bytes, whole.predicted_bytes);
    }
  }
}

TEST(Shard, NeedsAWindow) {
  EXPECT_THAT(
      [] {
        packed({.sequence_length = 50, .shard = {4, 4}});
      },
      ThrowsMessage<UsageError>(StrEq("shard 4/4: en.txt has only 3 windows of 50 tokens")));
}

TEST(Shard, IsWrittenAsTwoNumbers) {
  const Shard shard = shard_from_text("2/8");
  EXPECT_EQ(shard.index, 2);
  EXPECT_EQ(shard.count, 8);
  for (const char* text : {"", "2", "2/", "/8", "0/8", "9/8", "2/8x", "-1/8", "a/b", "2 / 8"}) {
    EXPECT_THAT([&] { shard_from_text(text); },
                ThrowsMessage<UsageError>(StrEq(fmt::format(
                    "shard: expected i/n with i from 1 to n, such as 2/8, found \"{}\"", text))));
  }
}

}  // namespace
}  // namespace aqua::text
