#include "common/resumable_fit.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "aqua/core/error.hpp"
#include "aqua/core/sha256.hpp"

namespace aqua::tools {
namespace {

namespace fs = std::filesystem;

/// Everything that the statistics depend on: weights, tokens in their windows, layers, sites, and
/// how products are computed.
std::string fingerprint(const Workload& workload, const std::string& compute,
                        const std::vector<LayerIndex>& layers,
                        const std::set<capture::Site>& sites) {
  Sha256 digest;
  digest.update(workload.model().facts().sha256);
  digest.update(" " + compute);
  for (const capture::Site site : sites) digest.update(fmt::format(" {}", capture::name(site)));
  for (const LayerIndex layer : layers) digest.update(fmt::format(" {}", layer.value));
  for (const text::PackedCorpus& corpus : workload.corpora()) {
    digest.update(fmt::format(" {} {}", corpus.facts.name, corpus.sequences.size()));
    for (std::size_t s = 0; s < corpus.ids.size(); ++s) {
      digest.update(
          fmt::format(" {} {} ", corpus.sequences[s].first_counted, corpus.ids[s].size()));
      digest.update(std::as_bytes(std::span(corpus.ids[s])));
    }
  }
  return digest.finish();
}

}  // namespace

ResumableFit::ResumableFit(const fs::path& output, const ResumeOptions& options,
                           const Workload& workload, std::vector<LayerIndex> layers,
                           std::set<capture::Site> sites, Runtime& runtime)
    : path_(output),
      options_(options),
      workload_(workload),
      layers_(std::move(layers)),
      runtime_(runtime),
      fingerprint_(fingerprint(workload, options.compute, layers_, sites)),
      sink_(std::move(sites)) {
  path_ += ".partial";
  if (!fs::exists(path_)) {
    if (options.resume) runtime.note(fmt::format("{}: not there; starting anew", path_.string()));
    return;
  }
  if (!options.resume) {
    runtime.note(
        fmt::format("{}: left by an interrupted run, which --resume would continue; "
                    "starting anew",
                    path_.string()));
    return;
  }
  if (store::read_partial_fingerprint(path_) != fingerprint_) {
    fail<FormatError>(
        "{}: belongs to a run with another model, text, layers or sites; run without --resume to "
        "start anew",
        path_.string());
  }
  const capture::ModelFacts& model = workload.model().facts();
  partial_ = store::read_partial_fit(path_, model.heads, model.layers);
  if (partial_->corpus >= std::ssize(workload.corpora())) {
    fail<FormatError>("{}: expected a corpus below {}, found {}", path_.string(),
                      workload.corpora().size(), partial_->corpus);
  }
  sink_.restore(model.heads, std::move(partial_->statistics));
  runtime.note(fmt::format("{}: going on at layer {}", path_.string(), partial_->next_layer.value));
}

Statistics ResumableFit::run() {
  const auto sources = workload_.sources(layers_, this);
  capture::QkSink* const sinks[] = {&sink_};
  corpus_ = partial_ ? partial_->corpus : 0;
  try {
    for (; corpus_ < std::ssize(sources); ++corpus_) {
      sources[static_cast<std::size_t>(corpus_)]->run(sinks, runtime_.execution());
    }
  } catch (const Interrupted&) {
    if (fs::exists(path_)) {
      runtime_.note(fmt::format("finished layers are in {}; the same command with --resume goes on",
                                path_.string()));
    }
    throw;
  }
  return sink_.take();
}

LayerIndex ResumableFit::begin(MatrixView<float> hidden) {
  if (!partial_) return {0};
  const store::PartialFit partial = std::move(*std::exchange(partial_, std::nullopt));
  if (partial.hidden.rows() != hidden.rows() || partial.hidden.cols() != hidden.cols()) {
    fail<FormatError>("{}: expected hidden states [{}, {}], found [{}, {}]", path_.string(),
                      hidden.rows(), hidden.cols(), partial.hidden.rows(), partial.hidden.cols());
  }
  for (int64_t r = 0; r < hidden.rows(); ++r) {
    std::ranges::copy(partial.hidden.row(r), hidden.row(r).begin());
  }
  return partial.next_layer;
}

void ResumableFit::reached(LayerIndex next, ConstMatrixView<float> hidden) {
  if (Clock::now() - saved_ < std::chrono::seconds(options_.save_every_s)) return;
  store::write_partial_fit(path_, {.fingerprint = fingerprint_,
                                   .corpus = corpus_,
                                   .next_layer = next,
                                   .hidden = hidden,
                                   .statistics = sink_.statistics(),
                                   .heads = workload_.model().facts().heads});
  saved_ = Clock::now();
}

void ResumableFit::finished() const {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

}  // namespace aqua::tools
