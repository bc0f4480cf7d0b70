// A model and the corpora that it is to run over, loaded and packed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "aqua/capture/event.hpp"
#include "aqua/model/model.hpp"
#include "aqua/text/corpus.hpp"
#include "common/inputs.hpp"
#include "common/options.hpp"
#include "common/runtime.hpp"

namespace aqua::tools {

class Workload {
 public:
  /// Loads everything; `corpora` come from resolve_corpora, which checks the request beforehand.
  /// Tells `runtime` how the model computes. `temporary_folder`: for hidden states beyond the
  /// memory limit, when $TMPDIR does not say otherwise; empty: the system's.
  Workload(const InputOptions& options, std::span<const NamedPath> corpora, Runtime& runtime,
           const std::filesystem::path& temporary_folder = {});

  /// The same with corpora that are loaded already, such as parts of files.
  Workload(const InputOptions& options, std::span<const text::Corpus> corpora, Runtime& runtime,
           const std::filesystem::path& temporary_folder = {});

  const model::Model& model() const { return *model_; }
  const std::vector<text::PackedCorpus>& corpora() const { return corpora_; }
  std::vector<CorpusFacts> corpus_facts() const;
  /// One source per corpus, over `layers` (empty: all). They refer to this object, and to the
  /// checkpoint if there is one.
  std::vector<std::unique_ptr<capture::QkSource>> sources(
      const std::vector<LayerIndex>& layers, model::PassCheckpoint* checkpoint = nullptr) const;

 private:
  std::unique_ptr<model::Model> model_;
  std::vector<text::PackedCorpus> corpora_;
};

}  // namespace aqua::tools
