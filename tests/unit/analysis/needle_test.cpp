// Haystacks, what is seen of their answer queries, and the whole measurement on a small model of
// one's own making whose attention is known.
#include "aqua/analysis/needle.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "aqua/analysis/needle_file.hpp"
#include "aqua/core/error.hpp"
#include "needle/watcher.hpp"
#include "support/activations.hpp"
#include "temporary_folder.hpp"

namespace aqua::analysis::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::StrEq;
using ::testing::ThrowsMessage;

/// One token a byte; a begin token, 256, when special tokens are asked for.
class ByteTokenizer final : public text::Tokenizer {
 public:
  text::Encoding encode_with_starts(std::string_view utf8, bool special) const override {
    text::Encoding encoding;
    if (special) {
      encoding.ids.push_back(256);
      encoding.starts.push_back(0);
    }
    for (std::size_t i = 0; i < utf8.size(); ++i) {
      encoding.ids.push_back(static_cast<unsigned char>(utf8[i]));
      encoding.starts.push_back(static_cast<int64_t>(i));
    }
    return encoding;
  }
  int64_t vocabulary_size() const override { return 257; }
};

const Needle needle{.id = "n", .language = "en", .prompt = "ab", .answer = "cde"};

std::vector<int32_t> dots(int64_t count) {
  return std::vector<int32_t>(static_cast<std::size_t>(count), '.');
}

std::string text_of(const Haystack& haystack) { return {haystack.ids.begin(), haystack.ids.end()}; }

TEST(Haystack, HoldsTheNeedleAtItsDepthAndAsksAtTheEnd) {
  const ByteTokenizer tokenizer;
  const Haystack start = make_haystack(needle, tokenizer, dots(9), 14, 0.0);
  EXPECT_EQ(text_of(start), "abcde....abcde");
  const Haystack middle = make_haystack(needle, tokenizer, dots(4), 14, 0.5);
  EXPECT_EQ(text_of(middle), "..abcde..abcde");
  EXPECT_EQ(middle.needle_first, 2);
  EXPECT_EQ(middle.needle_count, 5);
  EXPECT_EQ(middle.copied_first, 4);
  EXPECT_EQ(middle.answer_first, 11);
  EXPECT_EQ(middle.answer_count, 3);
  EXPECT_EQ(text_of(make_haystack(needle, tokenizer, dots(4), 14, 1.0)), "....abcdeabcde");
}

TEST(Haystack, NamesWhatIsWrong) {
  const ByteTokenizer tokenizer;
  EXPECT_THAT([&] { make_haystack(needle, tokenizer, dots(9), 10, 0.5); },
              ThrowsMessage<UsageError>(StrEq(
                  "needle \"n\": expected a length above 10 tokens, twice its own, found 10")));
  EXPECT_THAT([&] { make_haystack(needle, tokenizer, dots(9), 20, 0.5); },
              ThrowsMessage<UsageError>(StrEq(
                  "needle \"n\": a haystack of 20 tokens takes 10 of text, the corpus has 9")));
  Needle silent = needle;
  silent.answer = "";
  EXPECT_THAT([&] { make_haystack(silent, tokenizer, dots(9), 14, 0.5); },
              ThrowsMessage<FormatError>(
                  StrEq("needle \"n\": expected tokens of prompt and answer, found 2 and 0")));
}

TEST(ReadNeedles, ReadsAndNamesWhatIsWrong) {
  const test::TemporaryFolder folder;
  const std::string good = R"({"id": "a", "language": "en", "prompt": "p", "answer": "q"})"
                           "\n\n"
                           R"({"id": "b", "language": "hi", "prompt": "r", "answer": "s"})"
                           "\n";
  const std::vector<Needle> needles = read_needles(folder.write("n.jsonl", good));
  ASSERT_EQ(needles.size(), 2U);
  EXPECT_EQ(needles[1].answer, "s");
  EXPECT_EQ(needles_for(needles, "hi").size(), 1U);
  EXPECT_EQ(needles_for(needles, "hi")[0].id, "b");
  EXPECT_EQ(needles_for(needles, "code").size(), 2U);
  const auto expect_error = [&](const std::string& bytes, const std::string& message) {
    const auto path = folder.write("n.jsonl", bytes);
    EXPECT_THAT([&] { read_needles(path); },
                ThrowsMessage<FormatError>(StrEq(path.string() + message)));
  };
  expect_error(good + R"({"id": "a", "language": "en", "prompt": "p", "answer": "q"})",
               R"(: line 4: "id": "a" appears more than once)");
  expect_error(R"({"id": "a", "language": "en", "prompt": "p"})",
               R"(: line 1: "answer" is missing)");
  expect_error("{\n", ": line 1: not valid JSON at byte 2");
  expect_error("\n", ": expected at least one needle, found none");
}

TEST(ReadNeedles, BundledOnesAreInBothLanguages) {
  const std::vector<Needle> needles = read_needles(AQUA_SOURCE_DIR "/data/needles.jsonl");
  EXPECT_EQ(std::ranges::count(needles, std::string("en"), &Needle::language), 8);
  EXPECT_EQ(std::ranges::count(needles, std::string("hi"), &Needle::language), 8);
}

TEST(NeedleWatcher, CountsMassRankAndHits) {
  const ByteTokenizer tokenizer;
  const std::vector<Haystack> haystacks{make_haystack(needle, tokenizer, dots(4), 14, 0.5)};
  NeedleWatcher watcher(haystacks, /*layers=*/2, /*query_heads=*/3);
  Matrix<float> weights(4, 14);  // queries 10 … 13; 10, 11 and 12 predict the answer
  weights(0, 4) = 0.5F;          // looks at the token to be copied, 4,
  weights(0, 2) = 0.25F;         // and at the needle's first
  weights(0, 0) = 0.25F;
  weights(1, 4) = 0.75F;  // should look at 5: one key has more weight
  weights(1, 5) = 0.25F;
  weights(2, 0) = 1.0F;  // does not look at the needle
  weights(3, 6) = 1.0F;  // predicts nothing
  attention::AttentionInput input;
  input.layer = {1};
  input.sequence = 0;
  // In two blocks, as implementations cut them.
  watcher.observe({.input = input,
                   .query_head = 2,
                   .first_query = 10,
                   .first_key = 0,
                   .weights = weights.view().rows(0, 1)});
  watcher.observe({.input = input,
                   .query_head = 2,
                   .first_query = 11,
                   .first_key = 0,
                   .weights = weights.view().rows(1, 3)});
  const HeadRetrieval& head = watcher.of(0, 1, 2);
  EXPECT_NEAR(head.mass, (0.75 + 1.0 + 0.0) / 3.0, 1e-15);
  EXPECT_NEAR(head.copied, (0.5 + 0.25 + 0.0) / 3.0, 1e-15);
  EXPECT_NEAR(head.rank, (1.0 + 2.0 + 2.0) / 3.0, 1e-15);
  EXPECT_NEAR(head.hits, 1.0 / 3.0, 1e-15);
  EXPECT_EQ(watcher.of(0, 1, 1).mass, 0.0);
}

/// Two layers of two heads. Head (1, 0) of attention 0 looks at the token to be copied only; all
/// other heads look at position 0. Logits: attention a gives each next token the probability that
/// belongs to logits of 2 − a for it and 0 for the 256 others.
class CopyingModel final : public model::Model {
 public:
  CopyingModel() {
    facts_.layers = 2;
    facts_.heads = {.query_heads = 2, .kv_heads = 1, .head_dim = 4};
    facts_.vocabulary = 257;
  }
  const capture::ModelFacts& facts() const override { return facts_; }
  int64_t max_positions() const override { return 0; }
  int64_t parameters() const override { return 0; }
  const linalg::ProductEngine& products() const override { return some_products(); }
  model::PassCost cost(const model::PassShape&) const override { return {}; }
  void run(const model::RunRequest& request, const Execution& execution) const override {
    execution.for_each(std::ssize(request.ids), [&](int64_t s, int) {
      const auto& ids = request.ids[s];
      const auto length = std::ssize(ids);
      std::vector<Matrix<float>> logits;
      std::vector<ConstMatrixView<float>> views;
      for (std::size_t a = 0; a < request.attentions.size(); ++a) {
        logits.emplace_back(length, 257);
        for (int64_t t = 0; t + 1 < length; ++t) {
          logits[a](t, ids[t + 1]) = 2.0F - static_cast<float>(a);
        }
        show(request, a, s);
      }
      for (const Matrix<float>& each : logits) views.push_back(each);
      request.logits({.sequence = s, .first = 0, .logits = views});
    });
  }

 private:
  static void show(const model::RunRequest& request, std::size_t a, int64_t s) {
    const auto& ids = request.ids[s];
    const auto length = std::ssize(ids);
    for (int32_t layer = 0; layer < 2; ++layer) {
      attention::AttentionInput input;
      input.layer = {layer};
      input.sequence = s;
      for (int64_t head = 0; head < 2; ++head) {
        Matrix<float> weights(length, length);
        for (int64_t t = 0; t < length; ++t) {
          int64_t key = 0;
          for (int64_t j = 0; a == 0 && layer == 1 && head == 0 && j + 1 < t; ++j) {
            if (ids[j] == ids[t] && ids[j] != '.') key = j + 1;
          }
          weights(t, key) = 1.0F;
        }
        request.observers[a]->observe({.input = input,
                                       .query_head = head,
                                       .first_query = 0,
                                       .first_key = 0,
                                       .weights = weights.view()});
      }
    }
  }
  capture::ModelFacts facts_;
};

TEST(MeasureNeedles, FindsTheHeadThatCopiesAndWhatAVariantLoses) {
  const CopyingModel model;
  const ByteTokenizer tokenizer;
  text::Corpus corpus;
  corpus.name = "en";
  for (const char* text : {".....", "......", "......."}) corpus.documents.push_back({text, text});
  const std::vector<Needle> needles{needle,
                                    {.id = "m", .language = "en", .prompt = "xyz", .answer = "uv"}};
  const auto other = attention::make_exact_attention();
  const std::vector<NamedAttention> variants{{"other", other.get()}};
  const NeedleOptions options{.lengths = {14, 20},
                              .depths = {0.25, 0.75},
                              .retrieval_heads = 1,
                              .seed = 3,
                              .bootstrap_replicates = 100};
  NeedleResult last;
  for (const int threads : {1, 3}) {
    const NeedleResult result =
        measure_needles(model, tokenizer, corpus, needles, variants, options, Workers(threads));
    EXPECT_THAT(result.attentions, ElementsAre("exact", "other"));
    EXPECT_THAT(result.needles, ElementsAre("n", "m"));
    ASSERT_EQ(result.haystacks.size(), 8U);
    EXPECT_EQ(result.haystacks[0].ids[0], 256);  // the text's begin token
    ASSERT_EQ(result.retrieval_heads.size(), 1U);
    EXPECT_EQ(result.retrieval_heads[0].layer.value, 1);
    EXPECT_EQ(result.retrieval_heads[0].head, 0);
    EXPECT_EQ(result.retrieval_heads[0].copied, 1.0);
    ASSERT_EQ(result.cells.size(), 8U);
    for (std::size_t c = 0; c < 8; ++c) {
      const NeedleCell& cell = result.cells[c];
      EXPECT_EQ(cell.length, c < 4 ? 14 : 20);
      EXPECT_EQ(cell.depth, c % 4 < 2 ? 0.25 : 0.75);
      EXPECT_EQ(cell.attention, static_cast<int64_t>(c % 2));
      const bool exact = cell.attention == 0;
      // Exponentials in float32: 1e-6 of a loss near 5.
      const double expected = std::log(256.0 + std::exp(exact ? 2.0 : 1.0)) - (exact ? 2.0 : 1.0);
      EXPECT_NEAR(cell.loss.value, expected, 1e-5);
      EXPECT_EQ(cell.rank.value, exact ? 1.0 : 2.0);
      EXPECT_EQ(cell.best_rank.value, exact ? 1.0 : 2.0);
      EXPECT_EQ(cell.hit_rate.value, exact ? 1.0 : 0.0);
      EXPECT_EQ(cell.mass.value, exact ? 1.0 : 0.0);
      ASSERT_TRUE(cell.loss_change.low && cell.loss_change.high);
      EXPECT_LE(*cell.loss_change.low, cell.loss_change.value);
      EXPECT_NEAR(cell.loss_change.value,
                  exact ? 0.0 : expected - (std::log(256.0 + std::exp(2.0)) - 2.0), 1e-5);
    }
    if (threads > 1) {
      for (std::size_t c = 0; c < 8; ++c)
        EXPECT_EQ(result.cells[c].loss.value, last.cells[c].loss.value);
      for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(result.haystacks[i].ids, last.haystacks[i].ids);
    }
    last = result;
  }
}

TEST(NeedleFile, ReadsBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "part.safetensors";
  const CopyingModel model;
  const ByteTokenizer tokenizer;
  const std::vector<Haystack> haystacks{make_haystack(needle, tokenizer, dots(6), 14, 0.5),
                                        make_haystack(needle, tokenizer, dots(6), 14, 0.0)};
  const auto other = attention::make_exact_attention();
  const std::vector<NamedAttention> variants{{"other", other.get()}};
  const auto written = run_haystacks(model, haystacks, variants, Workers(2));
  write_haystack_scores(file, written);
  const auto read = read_haystack_scores(file, model.facts(), 2, 2);
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t s = 0; s < 2; ++s) {
    ASSERT_EQ(read[s].size(), 2U);
    for (std::size_t a = 0; a < 2; ++a) {
      EXPECT_EQ(read[s][a].loss, written[s][a].loss);
      ASSERT_EQ(read[s][a].heads.size(), 4U);
      for (std::size_t h = 0; h < 4; ++h) {
        EXPECT_EQ(read[s][a].heads[h].mass, written[s][a].heads[h].mass);
        EXPECT_EQ(read[s][a].heads[h].copied, written[s][a].heads[h].copied);
        EXPECT_EQ(read[s][a].heads[h].rank, written[s][a].heads[h].rank);
        EXPECT_EQ(read[s][a].heads[h].hits, written[s][a].heads[h].hits);
      }
    }
  }
  EXPECT_THROW(read_haystack_scores(file, model.facts(), 2, 3), FormatError);
}

TEST(MeasureNeedles, NamesWhatIsWrong) {
  const CopyingModel model;
  const ByteTokenizer tokenizer;
  text::Corpus corpus;
  corpus.documents.push_back({"1", "....."});
  const auto measure = [&](const NeedleOptions& options) {
    measure_needles(model, tokenizer, corpus, std::span(&needle, 1), {}, options, Workers(1));
  };
  EXPECT_THAT([&] { measure({.lengths = {14}, .depths = {1.5}}); },
              ThrowsMessage<UsageError>(StrEq("depth: expected a number from 0 to 1, found 1.5")));
  EXPECT_THAT([&] { measure({.lengths = {}}); },
              ThrowsMessage<UsageError>(
                  StrEq("needles, lengths and depths: expected at least one of each")));
}

}  // namespace
}  // namespace aqua::analysis::testing
