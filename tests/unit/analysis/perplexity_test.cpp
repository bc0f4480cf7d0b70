#include "aqua/analysis/perplexity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "aqua/analysis/perplexity_file.hpp"
#include "aqua/core/error.hpp"
#include "bootstrap.hpp"
#include "support/activations.hpp"
#include "temporary_folder.hpp"

namespace aqua::analysis::testing {
namespace {

constexpr int64_t vocabulary = 50;

// The logits of token id x for its successor: some fixed function of both.
float logit(int32_t id, int64_t next) {
  return 8.0F * std::sin(1.7F * static_cast<float>(id) + 0.3F * static_cast<float>(next * next));
}

// What attention number a adds to them.
float shift(std::size_t a, int32_t id, int64_t next) {
  return 0.5F * static_cast<float>(a) * std::cos(2.3F * static_cast<float>(id + next));
}

// Gives logits in pieces of three rows, sequences in parallel, and shows observers uniform weights.
class FakeModel final : public model::Model {
 public:
  FakeModel() {
    facts_.layers = 2;
    facts_.heads.query_heads = 3;
  }
  const capture::ModelFacts& facts() const override { return facts_; }
  int64_t max_positions() const override { return 0; }
  int64_t parameters() const override { return 0; }
  const linalg::ProductEngine& products() const override { return some_products(); }
  model::PassCost cost(const model::PassShape&) const override { return {}; }
  void run(const model::RunRequest& request, const Execution& execution) const override {
    execution.for_each(std::ssize(request.ids), [&](int64_t s, int) {
      const auto& ids = request.ids[s];
      for (int64_t first = 0; first < std::ssize(ids); first += 3) {
        const int64_t count = std::min<int64_t>(3, std::ssize(ids) - first);
        const std::size_t attentions = std::max<std::size_t>(1, request.attentions.size());
        std::vector<Matrix<float>> logits;
        std::vector<ConstMatrixView<float>> by_attention;
        for (std::size_t a = 0; a < attentions; ++a) {
          logits.emplace_back(count, vocabulary);
          for (int64_t r = 0; r < count; ++r) {
            for (int64_t v = 0; v < vocabulary; ++v) {
              logits[a](r, v) = logit(ids[first + r], v) + shift(a, ids[first + r], v);
            }
          }
          if (broken && a + 1 == attentions) {
            logits[a](0, 0) = std::numeric_limits<float>::quiet_NaN();
          }
        }
        for (const auto& each : logits) by_attention.push_back(each);
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
  packed.predicted_bytes = 53;
  return packed;
}

// ln softmax of the logits after token `id` under attention a, in double.
std::vector<double> log_probabilities(std::size_t a, int32_t id) {
  std::vector<double> x(vocabulary);
  double total = 0.0;
  for (int64_t v = 0; v < vocabulary; ++v) {
    x[v] = static_cast<double>(logit(id, v) + shift(a, id, v));
    total += std::exp(x[v]);
  }
  for (double& value : x) value -= std::log(total);
  return x;
}

struct Predicted {
  int32_t before, token, document;
};

std::vector<Predicted> predicted_tokens(const text::PackedCorpus& packed) {
  std::vector<Predicted> all;
  for (std::size_t s = 0; s < packed.ids.size(); ++s) {
    for (std::size_t t = 1; t < packed.ids[s].size(); ++t) {
      if (static_cast<int64_t>(t) < packed.sequences[s].first_counted) continue;
      all.push_back({packed.ids[s][t - 1], packed.ids[s][t], packed.sequences[s].document[t]});
    }
  }
  return all;
}

// Logits of magnitude 8 and their differences come from float32; each exponential is off by a few
// 2⁻²⁴ relatively, so is the logarithm of their sum absolutely.
constexpr double rounding = 8 * 0x1p-24;

TEST(Perplexity, IsTheMeanOverCountedTokensWithAPredecessor) {
  const text::PackedCorpus packed = corpus();
  const auto tokens = predicted_tokens(packed);
  double nats = 0.0;
  for (const Predicted& p : tokens) nats -= log_probabilities(0, p.before)[p.token];
  constexpr int64_t predicted = 7 + 5 + 1;
  ASSERT_EQ(std::ssize(tokens), predicted);
  Workers workers(2);
  const PerplexityResult result = perplexity(FakeModel(), packed, {}, {}, workers);
  EXPECT_EQ(result.corpus.name, "en");
  EXPECT_EQ(result.predicted_tokens, predicted);
  EXPECT_EQ(result.documents, 3);
  ASSERT_EQ(result.attentions.size(), 1U);
  EXPECT_EQ(result.exact().name, "exact");
  EXPECT_FALSE(result.exact().change.has_value());
  EXPECT_NEAR(result.exact().nats_per_token, nats / predicted, rounding);
  EXPECT_DOUBLE_EQ(result.exact().perplexity, std::exp(result.exact().nats_per_token));
  EXPECT_NEAR(result.exact().bits_per_byte, nats / std::log(2.0) / 53, 1e-6)
      << "only the bytes of predicted tokens count";
}

TEST(Perplexity, ComparesVariantsWithExactAttention) {
  const text::PackedCorpus packed = corpus();
  const auto tokens = predicted_tokens(packed);
  const auto exact = attention::make_exact_attention();
  const NamedAttention variants[] = {{"one", exact.get()}, {"two", exact.get()}};
  constexpr int64_t replicates = 200;
  Workers workers(2);
  const PerplexityResult result =
      perplexity(FakeModel(), packed, variants,
                 {.seed = 5, .bootstrap_replicates = replicates, .fidelity = false}, workers);
  ASSERT_EQ(result.attentions.size(), 3U);

  const auto size = static_cast<double>(tokens.size());
  const Matrix<double> weights = bootstrap_weights(replicates, 3, 5);
  std::vector<double> token_count(3);
  std::vector<double> exact_nats(3);
  for (const Predicted& p : tokens) {
    token_count[p.document] += 1.0;
    exact_nats[p.document] -= log_probabilities(0, p.before)[p.token];
  }
  for (std::size_t a = 1; a < 3; ++a) {
    std::vector<double> nats(3);
    std::vector<double> kl;
    double agree = 0.0;
    for (const Predicted& p : tokens) {
      const auto x = log_probabilities(0, p.before);
      const auto y = log_probabilities(a, p.before);
      nats[p.document] -= y[p.token];
      double divergence = 0.0;
      for (int64_t v = 0; v < vocabulary; ++v) divergence += std::exp(x[v]) * (x[v] - y[v]);
      kl.push_back(divergence);
      agree += std::ranges::max_element(x) - x.begin() == std::ranges::max_element(y) - y.begin();
    }
    std::vector<double> changes;
    for (int64_t b = 0; b < replicates; ++b) {
      double with = 0.0, without = 0.0, count = 0.0;
      for (int64_t d = 0; d < 3; ++d) {
        with += weights(b, d) * nats[d];
        without += weights(b, d) * exact_nats[d];
        count += weights(b, d) * token_count[d];
      }
      changes.push_back((with - without) / count);
    }
    std::ranges::sort(changes);
    std::vector<double> rising = kl;
    std::ranges::sort(rising);

    const AttentionPerplexity& found = result.attentions[a];
    EXPECT_EQ(found.name, variants[a - 1].name);
    ASSERT_TRUE(found.change.has_value());
    const ChangeFromExact& change = *found.change;
    const double mean = std::accumulate(nats.begin(), nats.end(), 0.0) / size;
    const double exact_mean = std::accumulate(exact_nats.begin(), exact_nats.end(), 0.0) / size;
    EXPECT_NEAR(found.nats_per_token, mean, rounding);
    EXPECT_NEAR(change.nats_per_token.value, mean - exact_mean, 2 * rounding);
    EXPECT_NEAR(change.nats_per_token.low.value(), quantile(changes, 0.025), 2 * rounding);
    EXPECT_NEAR(change.nats_per_token.high.value(), quantile(changes, 0.975), 2 * rounding);
    EXPECT_DOUBLE_EQ(change.perplexity.value, found.perplexity - result.exact().perplexity);
    EXPECT_LE(change.perplexity.low.value(), change.perplexity.value);
    EXPECT_GE(change.perplexity.high.value(), change.perplexity.value);
    EXPECT_NEAR(change.kl_divergence.value, std::accumulate(kl.begin(), kl.end(), 0.0) / size,
                2 * rounding);
    EXPECT_NEAR(change.kl_percentiles.p50, quantile(rising, 0.5), 2 * rounding);
    EXPECT_NEAR(change.kl_percentiles.p90, quantile(rising, 0.9), 2 * rounding);
    EXPECT_NEAR(change.kl_percentiles.p99, quantile(rising, 0.99), 2 * rounding);
    EXPECT_NEAR(change.kl_percentiles.maximum, rising.back(), 2 * rounding);
    EXPECT_DOUBLE_EQ(change.top1_agreement.value, agree / size);
  }
  EXPECT_GT(result.attentions[2].change->kl_divergence.value,
            result.attentions[1].change->kl_divergence.value);
}

TEST(Perplexity, IsEqualForEveryThreadCount) {
  Workers one(1);
  Workers four(4);
  const auto exact = attention::make_exact_attention();
  const NamedAttention variant{"v", exact.get()};
  const auto run = [&](const Execution& workers) {
    return perplexity(FakeModel(), corpus(), std::span(&variant, 1), {}, workers).attentions[1];
  };
  const AttentionPerplexity expected = run(one);
  const AttentionPerplexity found = run(four);
  EXPECT_EQ(found.nats_per_token, expected.nats_per_token);
  EXPECT_EQ(found.change->kl_divergence.value, expected.change->kl_divergence.value);
  EXPECT_EQ(found.change->perplexity.low, expected.change->perplexity.low);
}

TEST(Perplexity, PassesAreTogetherWhatOneIs) {
  Workers workers(2);
  const auto exact = attention::make_exact_attention();
  const NamedAttention variants[] = {{"v", exact.get()}};
  PerplexityOptions options;
  EXPECT_EQ(perplexity_passes(FakeModel(), corpus(), variants, options).size(), 1U);
  const AttentionPerplexity expected =
      perplexity(FakeModel(), corpus(), variants, options, workers).attentions[1];
  // Two attentions of one float a token (the model's hidden size is not known): the first two
  // sequences have 16 tokens.
  options.pass_bytes = 16 * 2 * sizeof(float);
  const auto passes = perplexity_passes(FakeModel(), corpus(), variants, options);
  ASSERT_EQ(passes.size(), 2U);
  EXPECT_EQ(passes[0].first, 0);
  EXPECT_EQ(passes[0].end, 2);
  EXPECT_EQ(passes[1].first, 2);
  EXPECT_EQ(passes[1].end, 3);
  const AttentionPerplexity found =
      perplexity(FakeModel(), corpus(), variants, options, workers).attentions[1];
  EXPECT_EQ(found.nats_per_token, expected.nats_per_token);
  EXPECT_EQ(found.change->kl_divergence.value, expected.change->kl_divergence.value);
  EXPECT_EQ(found.change->perplexity.low, expected.change->perplexity.low);
  options.pass_bytes = 1;
  EXPECT_EQ(perplexity_passes(FakeModel(), corpus(), variants, options).size(), 3U)
      << "at least one sequence a pass";
}

TEST(PerplexityFile, ReadsBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "part.safetensors";
  Workers workers(1);
  const FakeModel model;
  const text::PackedCorpus packed = corpus();
  const auto exact = attention::make_exact_attention();
  const NamedAttention variants[] = {{"one", exact.get()}, {"two", exact.get()}};
  const SequenceRange range{.first = 1, .end = 3};
  const PerplexityOptions options{.fidelity = true};
  PerplexityPass written = run_perplexity_pass(model, packed, range, variants, options, workers);
  FidelitySums& sums = written.fidelity.at(1).at(0).at(5);  // layer 1, head 2
  sums = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 7};
  write_perplexity_pass(file, written);

  const auto read_with = [&](const SequenceRange& of, const PerplexityOptions& with) {
    return read_perplexity_pass(file, model, packed, of, variants, with);
  };
  const PerplexityPass read = read_with(range, options);
  ASSERT_EQ(read.scores.size(), 3U);
  for (std::size_t a = 0; a < 3; ++a) {
    EXPECT_EQ(read.scores[a].nats, written.scores[a].nats);
    EXPECT_EQ(read.scores[a].kl, written.scores[a].kl);
    EXPECT_EQ(read.scores[a].agrees, written.scores[a].agrees);
  }
  ASSERT_EQ(read.fidelity.size(), 2U);
  const FidelitySums& found = read.fidelity[1].at(0).at(5);
  EXPECT_EQ(found.attended_share, sums.attended_share);
  EXPECT_EQ(found.hit_rate, sums.hit_rate);
  EXPECT_EQ(found.exact_mass, sums.exact_mass);
  EXPECT_EQ(found.total_variation, sums.total_variation);
  EXPECT_EQ(found.squared_difference, sums.squared_difference);
  EXPECT_EQ(found.squared_output, sums.squared_output);
  EXPECT_EQ(found.queries, sums.queries);
  EXPECT_EQ(read.fidelity[0].at(1).at(0).queries, 0);

  try {
    read_with({.first = 0, .end = 3}, options);
    FAIL() << "accepted the scores of fewer tokens";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("part.safetensors"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("nats"));
  }
}

TEST(Perplexity, RefusesLogitsThatAreNotFinite) {
  FakeModel model;
  model.broken = true;
  Workers workers(1);
  try {
    perplexity(model, corpus(), {}, {}, workers);
    FAIL() << "accepted NaN";
  } catch (const NumericalError& error) {
    EXPECT_STREQ(
        error.what(),
        "corpus \"en\", sequence 0, attention \"exact\": the model's logits are not finite");
  }
}

TEST(Perplexity, RefusesACorpusThatPredictsNothing) {
  text::PackedCorpus packed;
  packed.facts.name = "en";
  packed.sequences = {sequence(0, {{0, 1}})};
  packed.ids = {{4}};
  Workers workers(1);
  try {
    perplexity(FakeModel(), packed, {}, {}, workers);
    FAIL() << "accepted a single token";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "corpus \"en\": no token to predict");
  }
}

}  // namespace
}  // namespace aqua::analysis::testing
