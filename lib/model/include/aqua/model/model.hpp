// A checkpoint that can run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/attention/attention.hpp"
#include "aqua/capture/event.hpp"
#include "aqua/core/execution.hpp"
#include "aqua/core/matrix.hpp"
#include "aqua/model/compute.hpp"
#include "aqua/model/cost.hpp"

namespace aqua::model {

/// Next-token logits for consecutive tokens [first, first + count) of a sequence, [count,
/// vocabulary] for each of the pass's attentions.
struct LogitsBlock {
  int64_t sequence = 0;
  int64_t first = 0;
  std::span<const ConstMatrixView<float>> logits;  ///< [attention]
};

/// Called from several threads at once, for different sequences; the blocks of one sequence come in
/// order.
using LogitsConsumer = std::function<void(const LogitsBlock&)>;

/// Lets a pass without logits stop between two layers and go on later.
class PassCheckpoint {
 public:
  virtual ~PassCheckpoint() = default;
  /// Called once, before the first layer. Returns the layer to begin with, and unless that is layer
  /// 0 fills `hidden`, [tokens of all sequences, hidden_size], with what `reached` was given.
  virtual LayerIndex begin(MatrixView<float> hidden) = 0;
  /// All layers before `next` are done, and sinks have had their end_layer; `hidden` is the input
  /// of `next`.
  virtual void reached(LayerIndex next, ConstMatrixView<float> hidden) = 0;
};

/// What one pass over token sequences is asked for.
struct RunRequest {
  std::span<const std::vector<int32_t>> ids;  ///< [sequence][T]
  std::span<capture::QkSink* const> sinks;    ///< begin/end are the caller's to send
  std::vector<LayerIndex> layers;             ///< layers that emit events, increasing
  /// The model runs with each of these side by side, on weights that are converted once; each has
  /// hidden states of its own. Events come from the first. Empty: exact attention alone.
  std::vector<const attention::Attention*> attentions;
  /// Who watches the weights of each attention; entries may be null. Empty: nobody.
  std::vector<attention::WeightsObserver*> observers;
  PassCheckpoint* checkpoint = nullptr;  ///< null: the pass runs from its start
  std::string task = "model";            ///< what progress calls the pass
  LogitsConsumer logits;                 ///< empty: none are computed, and the pass stops
                                         ///< after the last emitting layer's q and k
};

/// A model whose weights stay mapped in their files. Memory while it runs: one layer in the compute
/// type, the hidden states [tokens, hidden_size] of all sequences for each attention, and per
/// worker the intermediate rows of one sequence.
class Model {
 public:
  virtual ~Model() = default;
  virtual const capture::ModelFacts& facts() const = 0;
  /// Longest sequence that the model's positions allow; 0 when unlimited.
  virtual int64_t max_positions() const = 0;
  /// Parameters in all tensors, for people.
  virtual int64_t parameters() const = 0;
  /// What multiplies: library, kernels and type.
  virtual const linalg::ProductEngine& products() const = 0;
  /// What a pass will take.
  virtual PassCost cost(const PassShape& shape) const = 0;
  /// Runs layer by layer over all sequences. UsageError when a sequence is too long for the model,
  /// FormatError when a token id is outside its vocabulary, both before anything runs;
  /// NumericalError when hidden states stop being finite.
  virtual void run(const RunRequest& request, const Execution& execution) const = 0;
};

/// Opens a Hugging Face folder (config.json and safetensors) or a GGUF file. FormatError names what
/// is missing, wrong or not supported. With `digest`, facts().sha256 is computed, which reads all
/// weights once.
std::unique_ptr<Model> load_model(const std::filesystem::path& path, bool digest,
                                  const CancelToken& cancel, const ComputeSettings& compute = {});

/// Names of the supported families, as in config.json's model_type.
std::vector<std::string> supported_families();

}  // namespace aqua::model
