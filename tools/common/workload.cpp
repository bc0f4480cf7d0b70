#include "common/workload.hpp"

#include <algorithm>
#include <cstdlib>

#include "aqua/model/live_source.hpp"
#include "aqua/text/tokenizer.hpp"

namespace aqua::tools {
namespace {

constexpr int64_t default_sequence_length = 512;

int64_t sequence_length(const InputOptions& options, const model::Model& model) {
  if (options.sequence_length > 0) return options.sequence_length;
  const int64_t limit = model.max_positions();
  return limit > 0 ? std::min(limit, default_sequence_length) : default_sequence_length;
}

std::vector<text::Corpus> load(std::span<const NamedPath> corpora, const CancelToken& cancel) {
  std::vector<text::Corpus> loaded;
  for (const NamedPath& corpus : corpora) {
    loaded.push_back(text::load_corpus(corpus.name, corpus.path, cancel));
  }
  return loaded;
}

}  // namespace

Workload::Workload(const InputOptions& options, std::span<const NamedPath> corpora,
                   Runtime& runtime, const std::filesystem::path& temporary_folder)
    : Workload(options, load(corpora, runtime.execution().cancel), runtime, temporary_folder) {}

Workload::Workload(const InputOptions& options, std::span<const text::Corpus> corpora,
                   Runtime& runtime, const std::filesystem::path& temporary_folder) {
  const Execution& execution = runtime.execution();
  const std::filesystem::path folder = resolve_model(options.model);
  const model::ComputeSettings settings{
      .compute = model::compute_from_name(options.compute),
      .memory_limit = options.memory_limit,
      .temporary_folder = std::getenv("TMPDIR") == nullptr ? temporary_folder : ""};
  model_ = model::load_model(folder, /*digest=*/true, execution.cancel, settings);
  runtime.multiplies_with(model_->products().name());
  if (settings.compute == model::Compute::bfloat16 &&
      model_->products().type() != linalg::ProductType::bfloat16) {
    runtime.note("this CPU has no bfloat16 products: computing in float32");
  }
  const auto tokenizer = text::load_tokenizer(folder);
  const text::PackOptions packing{.sequence_length = sequence_length(options, *model_),
                                  .stride = options.stride,
                                  .max_tokens = options.max_tokens,
                                  .shard = text::shard_from_text(options.shard)};
  for (const text::Corpus& corpus : corpora) {
    corpora_.push_back(
        text::pack(corpus, *tokenizer, packing, model_->facts().vocabulary, execution));
  }
}

std::vector<CorpusFacts> Workload::corpus_facts() const {
  std::vector<CorpusFacts> facts;
  for (const text::PackedCorpus& corpus : corpora_) facts.push_back(corpus.facts);
  return facts;
}

std::vector<std::unique_ptr<capture::QkSource>> Workload::sources(
    const std::vector<LayerIndex>& layers, model::PassCheckpoint* checkpoint) const {
  std::vector<std::unique_ptr<capture::QkSource>> sources;
  for (const text::PackedCorpus& corpus : corpora_) {
    capture::StreamInfo info{.model = model_->facts(),
                             .corpus = corpus.facts,
                             .sequences = corpus.sequences,
                             .documents = corpus.documents};
    sources.push_back(
        model::make_live_source(*model_, std::move(info), corpus.ids, layers, checkpoint));
  }
  return sources;
}

}  // namespace aqua::tools
