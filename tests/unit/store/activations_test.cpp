#include "aqua/store/activations.hpp"

#include <gmock/gmock.h>

#include "aqua/store/calibration.hpp"
#include "stream.hpp"
#include "temporary_folder.hpp"

namespace aqua::store {
namespace {

using capture::Site;
using testing::ElementsAre;
using testing::StrEq;
using testing::ThrowsMessage;

const std::set<Site> both{Site::pre_rope, Site::post_rope};

class Activations : public testing::Test {
 protected:
  void write(const std::filesystem::path& path, const ActivationsOptions& options, int threads = 1,
             bool falling = false) {
    ThreadPool pool(threads);
    const auto writer = make_activations_writer(path, sample_provenance(), options);
    send_all(*writer, {pool, progress_, cancel_}, falling);
    writer->commit();
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "acts.h5";
  NoProgress progress_;
  CancelToken cancel_;
  ThreadPool pool_{2};
  Execution execution_{pool_, progress_, cancel_};
};

TEST_F(Activations, ReplayTheEventsToTheLastBit) {
  write(path_, {.sites = both, .values = true});
  Recorder live(both, true);
  send_all(live, execution_);
  Recorder replayed(both, true);
  capture::QkSink* sinks[] = {&replayed};
  const auto source = open_activations(path_);
  source->run(sinks, execution_);
  ASSERT_EQ(live.records.size(), 12U);  // 2 layers × 2 sites × 3 sequences
  EXPECT_EQ(replayed.records, live.records);
  EXPECT_EQ(replayed.begins, 1);
  EXPECT_EQ(replayed.ends, 1);
  EXPECT_EQ(replayed.corpus, sample_stream().corpus);
  EXPECT_THAT(replayed.begun_layers, ElementsAre(LayerIndex{0}, LayerIndex{2}));
  EXPECT_EQ(replayed.ended_layers, replayed.begun_layers);
}

TEST_F(Activations, KnowTheirStream) {
  write(path_, {});
  const auto source = open_activations(path_);
  const capture::StreamInfo expected = sample_stream();
  EXPECT_EQ(source->info().model, expected.model);
  EXPECT_EQ(source->info().corpus, expected.corpus);
  EXPECT_EQ(source->info().sequences, expected.sequences);
  EXPECT_EQ(source->info().documents, expected.documents);
  EXPECT_THAT(source->layers(), ElementsAre(LayerIndex{0}, LayerIndex{2}));
  EXPECT_EQ(read_activations_provenance(path_), sample_provenance());
  EXPECT_TRUE(is_activations(path_));
  EXPECT_FALSE(is_calibration(path_));
}

TEST_F(Activations, DoNotDependOnTheOrderOfArrival) {
  write(path_, {.sites = both});
  const std::string expected = test::read_bytes(path_);
  write(folder_ / "falling", {.sites = both}, 1, true);
  EXPECT_EQ(test::read_bytes(folder_ / "falling"), expected);
  for (int round = 0; round < 5; ++round) {
    write(folder_ / "threads", {.sites = both}, 4);
    EXPECT_EQ(test::read_bytes(folder_ / "threads"), expected);
  }
}

TEST_F(Activations, RunAgainAndIntoAnotherFile) {
  write(path_, {.sites = both});
  const auto source = open_activations(path_);
  for (int round = 0; round < 2; ++round) {
    const auto writer =
        make_activations_writer(folder_ / "copy", sample_provenance(), {.sites = both});
    capture::QkSink* sinks[] = {writer.get()};
    source->run(sinks, execution_);
    writer->commit();
    EXPECT_EQ(test::read_bytes(folder_ / "copy"), test::read_bytes(path_));
  }
}

TEST_F(Activations, EmitWhatSinksAskForOnly) {
  write(path_, {.sites = both});
  Recorder before({Site::pre_rope},
                  true);  // values exist at post_rope only, which it does not want
  Recorder after({Site::post_rope});
  capture::QkSink* sinks[] = {&before, &after};
  open_activations(path_)->run(sinks, execution_);
  EXPECT_EQ(before.records.size(), 6U);
  EXPECT_EQ(after.records.size(), 6U);
  for (const auto& [key, record] : before.records) EXPECT_EQ(std::get<1>(key), Site::pre_rope);
  for (const auto& [key, record] : after.records) {
    EXPECT_EQ(std::get<1>(key), Site::post_rope);
    EXPECT_TRUE(record.v.empty());
  }
}

TEST_F(Activations, SayWhatTheyDoNotHold) {
  write(path_, {.sites = {Site::post_rope}, .values = false});
  const auto source = open_activations(path_);
  Recorder before({Site::pre_rope});
  capture::QkSink* sinks[] = {&before};
  EXPECT_THAT([&] { source->run(sinks, execution_); },
              ThrowsMessage<UsageError>(StrEq(
                  path_.string() + ": holds no pre_rope vectors: capture them with this site")));
  EXPECT_EQ(before.begins, 0);
  Recorder values({Site::post_rope}, true);
  sinks[0] = &values;
  EXPECT_THAT([&] { source->run(sinks, execution_); },
              ThrowsMessage<UsageError>(StrEq(
                  path_.string() + ": holds no value vectors (v): capture them with values")));
}

TEST_F(Activations, StopWhenCancelled) {
  write(path_, {});
  cancel_.request();
  Recorder sink({Site::post_rope});
  capture::QkSink* sinks[] = {&sink};
  EXPECT_THROW(open_activations(path_)->run(sinks, execution_), Interrupted);
}

TEST_F(Activations, WriterHoldsOneCorpus) {
  const auto writer = make_activations_writer(path_, sample_provenance(), {});
  writer->begin(sample_stream());
  EXPECT_THAT([&] { writer->begin(sample_stream()); },
              ThrowsMessage<UsageError>(
                  StrEq(path_.string() + ": holds one corpus; found a second one, \"hi\"")));
}

TEST_F(Activations, WriterLeavesNothingWithoutCommit) {
  {
    const auto writer = make_activations_writer(path_, sample_provenance(), {});
    send_all(*writer, execution_);
    EXPECT_FALSE(std::filesystem::exists(path_)) << "appears on commit only";
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Activations, WriterNoticesEventsThatAreMissingOrDiffer) {
  const auto writer = make_activations_writer(path_, sample_provenance(), {});
  const auto info = sample_stream();
  writer->begin(info);
  writer->begin_layer(LayerIndex{0});
  send(*writer, LayerIndex{0}, Site::post_rope, 0, info);
  EXPECT_THAT([&] { writer->end_layer(LayerIndex{0}, execution_); },
              ThrowsMessage<Error>(StrEq("/layers/000/post_rope: expected 3 events, received 1")));
  // Of another layer, which makes logits in another way.
  EXPECT_THAT(
      [&] { send(*writer, LayerIndex{2}, Site::post_rope, 1, info); },
      ThrowsMessage<Error>(StrEq("/layers/002/post_rope: events differ in how they make logits")));
}

TEST_F(Activations, WriterNamesTheFolderThatIsMissing) {
  const auto path = folder_ / "no/acts.h5";
  EXPECT_THAT([&] { make_activations_writer(path, sample_provenance(), {}); },
              ThrowsMessage<FormatError>(StrEq(path.string() + ": cannot be written: the folder " +
                                               (folder_ / "no").string() + " does not exist")));
}

}  // namespace
}  // namespace aqua::store
