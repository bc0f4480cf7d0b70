// The protocol between a running model and its sinks.
#include "aqua/model/live_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "aqua/core/error.hpp"
#include "model_fixture.hpp"

namespace aqua::model {
namespace {

using capture::QkEvent;
using capture::Site;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::ThrowsMessage;
using testing::UnorderedElementsAreArray;

const std::vector<std::vector<int32_t>> three_sequences{{5, 0, 60}, {7}, {1, 2, 3, 4, 5}};

// Writes down what it is told.
class LoggingSink final : public capture::QkSink {
 public:
  explicit LoggingSink(std::set<Site> sites = {Site::pre_rope, Site::post_rope})
      : sites_(std::move(sites)) {}

  std::set<Site> sites() const override { return sites_; }
  void begin(const capture::StreamInfo& info) override {
    add(fmt::format("begin {} {}", info.model.name, info.sequences.size()));
  }
  void begin_layer(LayerIndex layer) override { add(fmt::format("layer {}", layer.value)); }
  void consume(const QkEvent& e) override {
    add(fmt::format("{} {} {}", e.layer.value, capture::name(e.site), e.sequence));
    if (on_event) on_event(e);
  }
  void end_layer(LayerIndex layer, const Execution&) override {
    add(fmt::format("end layer {}", layer.value));
  }
  void end() override { add("end"); }

  std::function<void(const QkEvent&)> on_event;
  std::vector<std::string> log;

 private:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    log.push_back(std::move(line));
  }
  std::set<Site> sites_;
  std::mutex mutex_;
};

class LiveSource : public testing::Test {
 protected:
  void run(capture::QkSink& sink, TestExecution& run, std::vector<LayerIndex> layers = {},
           const std::vector<std::vector<int32_t>>& ids = three_sequences) const {
    capture::QkSink* const sinks[] = {&sink};
    make_live_source(*model_, stream_of(*model_, ids), ids, std::move(layers))
        ->run(sinks, run.execution);
  }

  std::unique_ptr<Model> model_ = load(golden_folder("odd_biases"));  // H 3, H_kv 1, d 10, 3 layers
};

TEST_F(LiveSource, SendsBeginLayersEventsEndInOrder) {
  LoggingSink sink;
  TestExecution one_thread(1);
  run(sink, one_thread, {{0}, {2}});
  EXPECT_THAT(sink.log,
              ElementsAre("begin odd_biases 3", "layer 0",                                   //
                          "0 pre_rope 0", "0 post_rope 0", "0 pre_rope 1", "0 post_rope 1",  //
                          "0 pre_rope 2", "0 post_rope 2", "end layer 0", "layer 2",         //
                          "2 pre_rope 0", "2 post_rope 0", "2 pre_rope 1", "2 post_rope 1",  //
                          "2 pre_rope 2", "2 post_rope 2", "end layer 2", "end"));
}

TEST_F(LiveSource, SeveralThreadsReorderOnlyTheEventsOfALayer) {
  LoggingSink expected;
  TestExecution one_thread(1);
  run(expected, one_thread);
  LoggingSink sink;
  TestExecution three_threads(3);
  run(sink, three_threads);
  ASSERT_EQ(sink.log.size(), 2 + 3 * (2 + 6));
  for (std::size_t at = 1; at + 1 < sink.log.size(); at += 8) {
    const auto of_layer = [at](const std::vector<std::string>& log) {
      const auto begin = log.begin() + static_cast<std::ptrdiff_t>(at);
      return std::vector<std::string>(begin, begin + 8);
    };
    const auto found = of_layer(sink.log);
    EXPECT_EQ(found.front(), of_layer(expected.log).front());
    EXPECT_EQ(found.back(), of_layer(expected.log).back());
    EXPECT_THAT(found, UnorderedElementsAreArray(of_layer(expected.log)));
  }
}

TEST_F(LiveSource, SendsOnlyTheSitesThatASinkAsksFor) {
  for (const Site site : {Site::pre_rope, Site::post_rope}) {
    LoggingSink sink({site});
    sink.on_event = [site](const QkEvent& e) { EXPECT_EQ(e.site, site); };
    TestExecution one_thread(1);
    run(sink, one_thread, {{1}});
    EXPECT_EQ(sink.log.size(), 2U + 2U + 3U);
  }
}

TEST_F(LiveSource, EventsDescribeTheLayer) {
  LoggingSink sink;
  sink.on_event = [](const QkEvent& e) {
    const auto tokens =
        static_cast<int64_t>(three_sequences[static_cast<std::size_t>(e.sequence)].size());
    std::vector<int32_t> positions(static_cast<std::size_t>(tokens));
    std::iota(positions.begin(), positions.end(), 0);
    EXPECT_THAT(e.positions, testing::ElementsAreArray(positions));
    const auto shape = [](HeadsView<const float> x) {
      return std::vector<int64_t>{x.tokens(), x.heads(), x.head_dim()};
    };
    EXPECT_THAT(shape(e.q), ElementsAre(tokens, 3, 10));
    EXPECT_THAT(shape(e.k), ElementsAre(tokens, 1, 10));
    EXPECT_EQ(e.rule, (LogitRule{1.0F / std::sqrt(10.0F), {}, LogitRule{}.window}));
    if (e.site == Site::pre_rope) {
      EXPECT_TRUE(e.v.empty());
    } else {
      EXPECT_THAT(shape(e.v), ElementsAre(tokens, 1, 10));
    }
  };
  TestExecution two_threads(2);
  run(sink, two_threads);
}

TEST_F(LiveSource, LayersMayComeInAnyOrder) {
  const auto source = make_live_source(*model_, stream_of(*model_, three_sequences),
                                       three_sequences, {{2}, {0}, {2}});
  EXPECT_THAT(source->layers(), ElementsAre(LayerIndex{0}, LayerIndex{2}));
  const auto all =
      make_live_source(*model_, stream_of(*model_, three_sequences), three_sequences, {});
  EXPECT_THAT(all->layers(), ElementsAre(LayerIndex{0}, LayerIndex{1}, LayerIndex{2}));
}

TEST_F(LiveSource, RunsAgain) {
  capture::StreamInfo info = stream_of(*model_, three_sequences);
  const auto source = make_live_source(*model_, info, three_sequences, {});
  std::map<KeepingSink::Key, KeepingSink::Vectors> results[2];
  for (auto& result : results) {
    KeepingSink sink;
    capture::QkSink* const sinks[] = {&sink};
    TestExecution two_threads(2);
    source->run(sinks, two_threads.execution);
    result = sink.vectors();
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST_F(LiveSource, NoSequences) {
  LoggingSink sink;
  TestExecution one_thread(1);
  run(sink, one_thread, {{1}}, {});
  EXPECT_THAT(sink.log, ElementsAre("begin odd_biases 0", "layer 1", "end layer 1", "end"));
}

TEST_F(LiveSource, AnEmptySequenceIsAnEmptyEvent) {
  LoggingSink sink;
  sink.on_event = [](const QkEvent& e) { EXPECT_EQ(e.q.tokens(), e.sequence == 0 ? 0 : 2); };
  TestExecution one_thread(1);
  run(sink, one_thread, {}, {{}, {3, 4}});
  EXPECT_EQ(sink.log.size(), 2U + 3U * (2 + 4));
}

TEST_F(LiveSource, ProgressCountsEveryTokenOfEveryLayerThatRuns) {
  class Counting final : public Progress {
   public:
    void begin(std::string_view task, int64_t total, std::string_view unit) override {
      log.push_back(fmt::format("{}: {} {}", task, total, unit));
    }
    void advance(int64_t units) override { done += units; }
    void end() override { log.push_back(fmt::format("end at {}", done.load())); }
    std::vector<std::string> log;
    std::atomic<int64_t> done{0};
  };
  Counting progress;
  ThreadPool pool(3);
  const CancelToken cancel;
  LoggingSink sink;
  capture::QkSink* const sinks[] = {&sink};
  // 9 tokens; nothing after layer 1 is needed.
  make_live_source(*model_, stream_of(*model_, three_sequences), three_sequences, {{1}})
      ->run(sinks, {pool, progress, cancel});
  EXPECT_THAT(progress.log, ElementsAre("test: 18 token-layers", "end at 18"));
}

TEST_F(LiveSource, StopsWhenAsked) {
  LoggingSink sink;
  TestExecution one_thread(1);
  sink.on_event = [&](const QkEvent& e) {
    if (e.layer.value == 1) one_thread.cancel.request();
  };
  EXPECT_THROW(run(sink, one_thread), Interrupted);
  EXPECT_EQ(sink.log.back(), "1 post_rope 0") << "the sequence at hand is finished, no other begun";
}

TEST_F(LiveSource, ASinksExceptionStopsTheRun) {
  LoggingSink sink;
  sink.on_event = [](const QkEvent& e) {
    if (e.sequence == 1) fail<NumericalError>("sink: no more");
  };
  for (const int threads : {1, 3}) {
    TestExecution execution(threads);
    EXPECT_THAT([&] { run(sink, execution); }, ThrowsMessage<NumericalError>("sink: no more"));
  }
}

TEST_F(LiveSource, RefusesLayersThatTheModelDoesNotHave) {
  for (const int32_t layer : {-1, 3}) {
    EXPECT_THAT(
        [&] {
          make_live_source(*model_, stream_of(*model_, {}), {}, {{0}, {layer}});
        },
        ThrowsMessage<UsageError>(
            fmt::format("layer {} does not exist: odd_biases has layers 0 to 2", layer)));
  }
}

TEST_F(LiveSource, RefusesSequencesAndTokensThatTheModelCannotTake) {
  LoggingSink sink;
  TestExecution one_thread(1);
  const auto running = [&](std::vector<std::vector<int32_t>> ids) {
    return [&, ids] { run(sink, one_thread, {}, ids); };
  };
  EXPECT_THAT(running({{1}, std::vector<int32_t>(65, 1)}),
              ThrowsMessage<UsageError>("sequence 1 has 65 tokens, but odd_biases allows 64 "
                                        "(max_position_embeddings)"));
  EXPECT_THAT(running({{1}, {60, 61}}),
              ThrowsMessage<FormatError>("sequence 1: token id 61 is outside the vocabulary of "
                                         "odd_biases, 0 to 60"));
  EXPECT_THAT(running({{-1}}),
              ThrowsMessage<FormatError>("sequence 0: token id -1 is outside the vocabulary of "
                                         "odd_biases, 0 to 60"));
  EXPECT_THAT(sink.log, testing::Each(testing::StartsWith("begin")));
}

// Passes on to exact attention and notes for which layers it ran.
class NotingAttention final : public attention::Attention {
 public:
  void run(const attention::AttentionInput& input, MatrixView<float> out) const override {
    layers.push_back(input.layer.value);
    exact_->run(input, out);
  }
  mutable std::vector<int32_t> layers;

 private:
  std::unique_ptr<attention::Attention> exact_ = attention::make_exact_attention();
};

TEST_F(LiveSource, TheModelRunsTheAttentionItIsGivenAndStopsWhenNothingMoreIsNeeded) {
  const NotingAttention attention;
  KeepingSink sink;
  capture::QkSink* const sinks[] = {&sink};
  const std::vector<std::vector<int32_t>> ids{{5, 6, 7}};
  RunRequest request;
  request.ids = ids;
  request.sinks = sinks;
  request.layers = {{1}};
  request.attentions = {&attention};
  TestExecution one_thread(1);
  model_->run(request, one_thread.execution);
  EXPECT_THAT(attention.layers, ElementsAre(0)) << "layer 1's queries need only layer 0's output";

  std::vector<float> logits;
  request.logits = [&](const LogitsBlock& block) {
    const ConstMatrixView<float> rows = block.logits.front();
    logits.assign(rows.data(), rows.data() + rows.rows() * rows.cols());
  };
  model_->run(request, one_thread.execution);
  EXPECT_THAT(attention.layers, ElementsAre(0, 0, 1, 2));
  EXPECT_EQ(logits, logits_of(*model_, ids, 1).front()) << "sinks do not disturb the logits";
  EXPECT_EQ(sink.vectors(), [&] {
    auto expected = vectors_of(*model_, ids, 1);
    std::erase_if(expected, [](const auto& item) { return std::get<0>(item.first) != 1; });
    return expected;
  }());
}

// Attends to the token itself alone.
class SelfAttention final : public attention::Attention {
 public:
  void run(const attention::AttentionInput& input, MatrixView<float> out) const override {
    const int64_t d = input.v.head_dim();
    const int64_t group = input.q.heads() / input.k.heads();
    for (int64_t h = 0; h < input.q.heads(); ++h) {
      for (int64_t t = 0; t < out.rows(); ++t) {
        std::ranges::copy(input.v.head(h / group).row(t), out.row(t).subspan(h * d).begin());
      }
    }
    if (input.observer == nullptr) return;
    const Matrix<float> weights = Matrix<float>::identity(out.rows());
    input.observer->observe({input, 0, 0, 0, weights});
  }
};

class CountingObserver final : public attention::WeightsObserver {
 public:
  void observe(const attention::WeightsBlock& block) override {
    const std::lock_guard lock(mutex);
    ++blocks[{block.input.layer.value, block.input.sequence}];
  }
  std::mutex mutex;
  std::map<std::pair<int32_t, int64_t>, int64_t> blocks;
};

// Several attentions in one pass give, to the last bit, what each gives alone (in sequences shorter
// than a block of logits, whose rows would change the rounding of products).
TEST_F(LiveSource, SeveralAttentionsShareAPassAndNothingElse) {
  const auto exact = attention::make_exact_attention();
  const SelfAttention self;
  const std::vector<std::vector<int32_t>> ids{{5, 6, 7, 8, 9}, {1}, std::vector<int32_t>(40, 3)};
  const auto run_with = [&](std::vector<const attention::Attention*> attentions, int threads,
                            std::vector<attention::WeightsObserver*> observers = {}) {
    std::vector<std::vector<std::vector<float>>> logits(attentions.size());
    for (auto& sequences : logits) sequences.resize(ids.size());
    RunRequest request;
    request.ids = ids;
    request.attentions = attentions;
    request.observers = std::move(observers);
    request.logits = [&](const LogitsBlock& block) {
      ASSERT_EQ(block.logits.size(), attentions.size());
      for (std::size_t a = 0; a < attentions.size(); ++a) {
        const auto rows = block.logits[a];
        auto& values = logits[a][static_cast<std::size_t>(block.sequence)];
        EXPECT_EQ(std::ssize(values), block.first * rows.cols());
        values.insert(values.end(), rows.data(), rows.data() + rows.rows() * rows.cols());
      }
    };
    TestExecution execution(threads);
    model_->run(request, execution.execution);
    return logits;
  };
  CountingObserver observer;
  const auto together =
      run_with({exact.get(), &self, exact.get()}, 2, {nullptr, &observer, nullptr});
  EXPECT_EQ(together[0], logits_of(*model_, ids, 1));
  EXPECT_EQ(together[1], run_with({&self}, 1).front());
  EXPECT_EQ(together[2], together[0]);
  EXPECT_NE(together[1], together[0]);
  EXPECT_EQ(std::ssize(observer.blocks), model_->facts().layers * 3);
  for (const auto& [key, count] : observer.blocks) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace aqua::model
