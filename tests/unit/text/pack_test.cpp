#include <numeric>

#include "aqua/text/corpus.hpp"
#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using test::format_error;
using ::testing::ElementsAre;

// One token for each character, its code point less 'a', and a token 26 of no text before them.
class LetterTokenizer final : public Tokenizer {
 public:
  Encoding encode_with_starts(std::string_view text, bool add_special_tokens) const override {
    Encoding encoding;
    if (add_special_tokens) {
      encoding.ids.push_back(26);
      encoding.starts.push_back(0);
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '.') continue;  // a character that a normalizer would remove
      encoding.ids.push_back(text[at] - 'a');
      encoding.starts.push_back(static_cast<int64_t>(at));
    }
    return encoding;
  }
  int64_t vocabulary_size() const override { return 27; }
};

class Pack : public ::testing::Test {
 protected:
  PackedCorpus pack_texts(const std::vector<std::string>& texts, const PackOptions& options,
                          int threads = 1, int64_t vocabulary = 27) const {
    Corpus corpus{.name = "en", .path = "dir/en.txt", .sha256 = "abc", .documents = {}};
    for (const std::string& text : texts) {
      corpus.documents.push_back({fmt::format("d{}", corpus.documents.size() + 1), text});
    }
    ThreadPool pool(threads);
    NoProgress progress;
    const CancelToken cancel;
    return pack(corpus, LetterTokenizer(), options, vocabulary, {pool, progress, cancel});
  }
  std::string usage_error(const PackOptions& options) const {
    try {
      pack_texts({"abc"}, options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no UsageError";
  }
};

TEST_F(Pack, WindowsHoldSeveralDocuments) {
  const PackedCorpus packed = pack_texts({"ab", "cdef"}, {.sequence_length = 4});
  EXPECT_THAT(packed.ids, ElementsAre(ElementsAre(26, 0, 1, 26), ElementsAre(2, 3, 4, 5)));
  EXPECT_THAT(packed.sequences,
              ElementsAre(SequenceInfo{0, {0, 0, 0, 1}}, SequenceInfo{0, {1, 1, 1, 1}}));
  EXPECT_THAT(packed.documents, ElementsAre("d1", "d2"));
  EXPECT_EQ(packed.facts, (CorpusFacts{"en", "dir/en.txt", "abc", 2, 8}));
  EXPECT_EQ(packed.bytes, 6);
  EXPECT_EQ(packed.predicted_bytes, 5);  // not the c that begins the second window
}

TEST_F(Pack, AnEmptyTokenIsNoByte) {
  const PackedCorpus packed = pack_texts({"abc"}, {.sequence_length = 2});
  EXPECT_THAT(packed.ids, ElementsAre(ElementsAre(26, 0), ElementsAre(1, 2)));
  EXPECT_EQ(packed.bytes, 3);
  EXPECT_EQ(packed.predicted_bytes, 2);  // a and c
}

TEST_F(Pack, TheLastWindowMayBeShort) {
  const PackedCorpus packed = pack_texts({"abcde"}, {.sequence_length = 4});
  EXPECT_THAT(packed.ids, ElementsAre(ElementsAre(26, 0, 1, 2), ElementsAre(3, 4)));
  EXPECT_EQ(packed.facts.tokens, 6);
}

TEST_F(Pack, ALastWindowOfOneTokenIsDropped) {
  const PackedCorpus packed = pack_texts({"abcd"}, {.sequence_length = 4});
  EXPECT_THAT(packed.ids, ElementsAre(ElementsAre(26, 0, 1, 2)));
  EXPECT_EQ(packed.facts.tokens, 4);
  EXPECT_EQ(packed.bytes, 3);
  // Its document had no other token: it is not counted either.
  const PackedCorpus two = pack_texts({"abc", "d"}, {.sequence_length = 4, .max_tokens = 5});
  EXPECT_THAT(two.documents, ElementsAre("d1"));
  EXPECT_EQ(two.facts.documents, 1);
}

TEST_F(Pack, OverlapIsContextOnly) {
  const PackedCorpus packed = pack_texts({"abcdefg"}, {.sequence_length = 4, .stride = 3});
  EXPECT_THAT(packed.ids,
              ElementsAre(ElementsAre(26, 0, 1, 2), ElementsAre(2, 3, 4, 5), ElementsAre(5, 6)));
  EXPECT_EQ(packed.sequences[0].first_counted, 0);
  EXPECT_EQ(packed.sequences[1].first_counted, 1);
  EXPECT_EQ(packed.sequences[2].first_counted, 1);
  EXPECT_EQ(packed.facts.tokens, 8);
  EXPECT_EQ(packed.bytes, 7);
  EXPECT_EQ(packed.predicted_bytes, 7);
}

TEST_F(Pack, EveryTokenIsCountedOnceForEveryStride) {
  const std::string text = "abcdefghijklmnopqrstuvwxyz";
  for (int64_t length = 2; length <= 29; ++length) {
    for (int64_t stride = 1; stride <= length; ++stride) {
      const PackedCorpus packed = pack_texts({text}, {.sequence_length = length, .stride = stride});
      std::vector<int32_t> counted;
      for (std::size_t s = 0; s < packed.ids.size(); ++s) {
        ASSERT_EQ(packed.sequences[s].length(), static_cast<int64_t>(packed.ids[s].size()));
        ASSERT_GT(packed.sequences[s].counted(), 0);
        counted.insert(counted.end(), packed.ids[s].begin() + packed.sequences[s].first_counted,
                       packed.ids[s].end());
      }
      // Only without overlap can one token be left over.
      std::vector<int32_t> expected(27);
      std::iota(expected.begin() + 1, expected.end(), 0);
      expected[0] = 26;
      if (stride == length && 27 % length == 1) expected.pop_back();
      ASSERT_EQ(counted, expected) << length << ", " << stride;
      ASSERT_EQ(packed.facts.tokens, static_cast<int64_t>(expected.size()));
      ASSERT_EQ(packed.bytes, static_cast<int64_t>(expected.size()) - 1);
    }
  }
}

TEST_F(Pack, MaxTokensCutsDocumentsAtTokens) {
  // The dots have no token: they belong to the token before.
  const PackedCorpus packed =
      pack_texts({"ab", "c..de", "fgh"}, {.sequence_length = 4, .max_tokens = 6});
  EXPECT_THAT(packed.ids, ElementsAre(ElementsAre(26, 0, 1, 26), ElementsAre(2, 3)));
  EXPECT_THAT(packed.documents, ElementsAre("d1", "d2"));
  EXPECT_EQ(packed.facts.tokens, 6);
  EXPECT_EQ(packed.bytes, 2 + 4);
  EXPECT_EQ(packed.predicted_bytes, 2 + 1);
}

TEST_F(Pack, AllBytesOfWholeDocumentsCount) {
  const PackedCorpus packed = pack_texts({"..ab..", "..c.."}, {.sequence_length = 8});
  EXPECT_EQ(packed.bytes, 11);
  EXPECT_EQ(packed.predicted_bytes, 9);  // the first token stands for the dots before the a
}

TEST_F(Pack, DocumentsWithoutTokensAreNotThere) {
  class NoSpecialTokens final : public Tokenizer {
   public:
    Encoding encode_with_starts(std::string_view text, bool) const override {
      return LetterTokenizer().encode_with_starts(text, false);
    }
    int64_t vocabulary_size() const override { return 27; }
  };
  const Corpus corpus{.name = "en",
                      .path = "en.txt",
                      .sha256 = "",
                      .documents = {{"x", "ab"}, {"y", "..."}, {"z", "cd"}}};
  ThreadPool pool(1);
  NoProgress progress;
  const CancelToken cancel;
  const PackedCorpus packed =
      pack(corpus, NoSpecialTokens(), {.sequence_length = 4}, 27, {pool, progress, cancel});
  EXPECT_THAT(packed.documents, ElementsAre("x", "z"));
  EXPECT_THAT(packed.sequences, ElementsAre(SequenceInfo{0, {0, 0, 1, 1}}));
  EXPECT_EQ(packed.bytes, 4);
}

TEST_F(Pack, ThreadsDoNotChangeTheResult) {
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i)
    texts.push_back(std::string(1 + i * 37 % 5000, static_cast<char>('a' + i % 26)));
  const PackOptions options{.sequence_length = 64, .stride = 48, .max_tokens = 300'001};
  const PackedCorpus one = pack_texts(texts, options, 1);
  const PackedCorpus four = pack_texts(texts, options, 4);
  EXPECT_EQ(one.facts.tokens, 300'001);
  EXPECT_EQ(one.ids, four.ids);
  EXPECT_EQ(one.sequences, four.sequences);
  EXPECT_EQ(one.documents, four.documents);
  EXPECT_EQ(one.bytes, four.bytes);
  EXPECT_EQ(one.predicted_bytes, four.predicted_bytes);
}

TEST_F(Pack, RefusesImpossibleOptions) {
  EXPECT_EQ(usage_error({.sequence_length = 1}),
            "sequence length: expected at least 2 tokens, found 1");
  EXPECT_EQ(usage_error({.sequence_length = 4, .stride = 5}),
            "stride: expected 1 to 4 tokens, the sequence length, or 0, found 5");
  EXPECT_EQ(usage_error({.sequence_length = 4, .stride = -1}),
            "stride: expected 1 to 4 tokens, the sequence length, or 0, found -1");
  EXPECT_EQ(usage_error({.max_tokens = 1}),
            "maximum of tokens: expected at least 2, or 0 for all, found 1");
  EXPECT_EQ(usage_error({.max_tokens = -1}),
            "maximum of tokens: expected at least 2, or 0 for all, found -1");
}

TEST_F(Pack, RefusesTokensTheModelDoesNotHave) {
  EXPECT_EQ(
      format_error([&] {
        pack_texts({"a", "bz"}, {}, 2, 25);
      }),
      "dir/en.txt: document \"d1\": expected token ids below 25, the model's vocabulary, found 26");
}

TEST_F(Pack, RefusesATextOfOneToken) {
  EXPECT_EQ(format_error([&] { pack_texts({"..."}, {}); }),
            "dir/en.txt: expected at least 2 tokens, found 1");
}

}  // namespace
}  // namespace aqua::text
