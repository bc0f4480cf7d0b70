#include "aqua/analysis/perplexity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "aqua/core/error.hpp"
#include "support/activations.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr int64_t vocabulary = 50;

// The logits of token id x for its successor: some fixed function of both.
float logit(int32_t id, int64_t next) {
  return 8.0F * std::sin(1.7F * static_cast<float>(id) + 0.3F * static_cast<float>(next * next));
}

// Gives logits in pieces of three rows, sequences in parallel.
class FakeModel final : public model::Model {
 public:
  const capture::ModelFacts& facts() const override { return facts_; }
  int64_t max_positions() const override { return 0; }
  int64_t parameters() const override { return 0; }
  void run(const model::RunRequest& request, const Execution& execution) const override {
    execution.for_each(std::ssize(request.ids), [&](int64_t s, int) {
      const auto& ids = request.ids[s];
      for (int64_t first = 0; first < std::ssize(ids); first += 3) {
        const int64_t count = std::min<int64_t>(3, std::ssize(ids) - first);
        Matrix<float> logits(count, vocabulary);
        for (int64_t r = 0; r < count; ++r) {
          for (int64_t v = 0; v < vocabulary; ++v) logits(r, v) = logit(ids[first + r], v);
        }
        if (broken) logits(0, 0) = std::numeric_limits<float>::quiet_NaN();
        const ConstMatrixView<float> by_attention[] = {logits};
        request.logits({s, first, by_attention});
      }
    });
  }

  bool broken = false;

 private:
  capture::ModelFacts facts_;
};

text::PackedCorpus corpus() {
  text::PackedCorpus packed;
  packed.facts.name = "en";
  packed.sequences = {sequence(0, {{0, 8}}), sequence(3, {{0, 3}, {1, 5}}), sequence(1, {{2, 2}})};
  packed.ids = {{3, 9, 4, 1, 40, 2, 8, 8}, {2, 8, 8, 11, 49, 0, 5, 6}, {6, 17}};
  packed.bytes = 61;
  return packed;
}

TEST(Perplexity, IsTheMeanOverCountedTokensWithAPredecessor) {
  const text::PackedCorpus packed = corpus();
  double nats = 0.0;
  for (std::size_t s = 0; s < packed.ids.size(); ++s) {
    for (std::size_t t = 1; t < packed.ids[s].size(); ++t) {
      if (static_cast<int64_t>(t) < packed.sequences[s].first_counted) continue;
      double total = 0.0;
      for (int64_t v = 0; v < vocabulary; ++v) {
        total += std::exp(static_cast<double>(logit(packed.ids[s][t - 1], v)));
      }
      nats += std::log(total) - static_cast<double>(logit(packed.ids[s][t - 1], packed.ids[s][t]));
    }
  }
  constexpr int64_t predicted = 7 + 5 + 1;
  Workers workers(2);
  const PerplexityResult result = perplexity(FakeModel(), packed, workers);
  EXPECT_EQ(result.corpus.name, "en");
  EXPECT_EQ(result.predicted_tokens, predicted);
  // Each exponential is off by a few 2⁻²⁴ relatively, so is the logarithm of their sum absolutely.
  EXPECT_NEAR(result.nats_per_token, nats / predicted, 8 * 0x1p-24);
  EXPECT_DOUBLE_EQ(result.perplexity, std::exp(result.nats_per_token));
  EXPECT_NEAR(result.bits_per_byte, nats / std::log(2.0) / 61, 1e-6);
}

TEST(Perplexity, IsEqualForEveryThreadCount) {
  Workers one(1);
  Workers four(4);
  const double expected = perplexity(FakeModel(), corpus(), one).nats_per_token;
  EXPECT_EQ(perplexity(FakeModel(), corpus(), four).nats_per_token, expected);
}

TEST(Perplexity, RefusesLogitsThatAreNotFinite) {
  FakeModel model;
  model.broken = true;
  Workers workers(1);
  try {
    perplexity(model, corpus(), workers);
    FAIL() << "accepted NaN";
  } catch (const NumericalError& error) {
    EXPECT_STREQ(error.what(), "corpus \"en\", sequence 0: the model's logits are not finite");
  }
}

TEST(Perplexity, RefusesACorpusThatPredictsNothing) {
  text::PackedCorpus packed;
  packed.facts.name = "en";
  packed.sequences = {sequence(0, {{0, 1}})};
  packed.ids = {{4}};
  Workers workers(1);
  try {
    perplexity(FakeModel(), packed, workers);
    FAIL() << "accepted a single token";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "corpus \"en\": no token to predict");
  }
}

}  // namespace
}  // namespace aqua::analysis::testing
