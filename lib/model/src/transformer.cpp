// One pass: embed all tokens, then for each layer convert its weights once and let the workers take
// the sequences. A worker does everything for its sequence: normalise, project, hand q and k to the
// sinks, attend, feed forward. Products inside a worker use one thread; a sequence is the unit of
// parallel work because it measures faster than threads inside each product. Layers with experts
// have a second phase over the tokens of all sequences.
//
// Running with several attentions is running each of them over copies of the sequences: with S
// sequences, copy a·S + s is sequence s under attention a.
#include "transformer.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "aqua/ops/rotary.hpp"
#include "cost.hpp"
#include "decoder_layer.hpp"
#include "experts.hpp"
#include "hidden_states.hpp"
#include "logits.hpp"

namespace aqua::model {
namespace {

// The cosines and sines of every rotary embedding of a model, for sequences of the lengths at hand.
class RotaryTables {
 public:
  RotaryTables(const Architecture& architecture, std::span<const std::vector<int32_t>> ids)
      : architecture_(architecture) {
    for (std::size_t rope = 0; rope < architecture.ropes.size(); ++rope) {
      std::map<int64_t, int64_t> longest;  // by variant
      for (const auto& sequence : ids) {
        const auto tokens = static_cast<int64_t>(sequence.size());
        int64_t& most = longest[rope_variant(architecture.ropes[rope], tokens)];
        most = std::max(most, tokens);
      }
      for (const auto& [variant, tokens] : longest) {
        const RopeSettings& settings = architecture.ropes[rope];
        tables_.emplace(
            std::pair{static_cast<int>(rope), variant},
            ops::RotaryTable(frequencies_for(settings, tokens), tokens, settings.attention_scale));
      }
    }
  }

  /// Null when the layer has no rotary embedding.
  const ops::RotaryTable* find(LayerIndex layer, int64_t tokens) const {
    const int rope = architecture_.layer[static_cast<std::size_t>(layer.value)].rope;
    if (rope < 0) return nullptr;
    const auto& settings = architecture_.ropes[static_cast<std::size_t>(rope)];
    return &tables_.at({rope, rope_variant(settings, tokens)});
  }

 private:
  const Architecture& architecture_;
  std::map<std::pair<int, int64_t>, ops::RotaryTable> tables_;  // by rope and variant
};

// Embedded tokens after which the embedding's pages are released: a touched row can bring 64 kB of
// the file into memory.
constexpr int64_t rows_between_releases = 256;

// What a pass keeps besides the weights of the layer at hand.
class Pass {
 public:
  Pass(const Architecture& architecture, const WeightReader& weights,
       std::shared_ptr<const linalg::ProductEngine> products, const ComputeSettings& compute,
       const RunRequest& request, const Execution& execution)
      : architecture_(architecture),
        weights_(weights),
        request_(request),
        execution_(execution),
        exact_(attention::make_exact_attention(std::move(products))),
        attentions_(request.attentions),
        rotary_(architecture, request.ids) {
    if (attentions_.empty()) attentions_.push_back(exact_.get());
    int64_t longest = 0;
    for (std::size_t a = 0; a < attentions_.size(); ++a) {
      for (const auto& ids : request.ids) {
        offsets_.push_back(offsets_.back() + static_cast<int64_t>(ids.size()));
        longest = std::max(longest, static_cast<int64_t>(ids.size()));
      }
    }
    hidden_.emplace(offsets_.back(), architecture.hidden_size, compute,
                    architecture.has_experts() ? ExpertMixture::hidden_matrices : 1);
    positions_.resize(static_cast<std::size_t>(longest));
    std::iota(positions_.begin(), positions_.end(), 0);
    workspaces_.resize(static_cast<std::size_t>(execution.pool.size()));
    execution.for_each(execution.pool.size(), [&](int64_t worker, int) {
      workspaces_[static_cast<std::size_t>(worker)] = Workspace(architecture, longest);
    });
    if (architecture.has_experts()) {
      experts_.emplace(architecture, weights, offsets_.back(), compute, execution.pool.size());
    }
  }

  void run() {
    embed();
    const auto last_emitting = request_.layers.empty() ? LayerIndex{-1} : request_.layers.back();
    const bool full = static_cast<bool>(request_.logits);
    const auto layers = full ? static_cast<int32_t>(architecture_.layers) : last_emitting.value + 1;
    execution_.progress.begin(request_.task, layers * offsets_.back(), "token-layers");
    LayerWeights layer_weights;
    PassCheckpoint* const checkpoint = request_.checkpoint;
    const LayerIndex start =
        checkpoint == nullptr ? LayerIndex{0} : checkpoint->begin(hidden_->view());
    execution_.progress.advance(start.value * offsets_.back());
    for (LayerIndex layer = start; layer.value < layers; ++layer.value) {
      weights_.read_layer(layer, layer_weights, execution_);
      const bool emits = std::ranges::find(request_.layers, layer) != request_.layers.end();
      const bool advances = full || layer < last_emitting;
      if (emits) for_each_sink([&](capture::QkSink& sink) { sink.begin_layer(layer); });
      execution_.for_each(copies(), [&](int64_t copy, int worker) {
        if (copy < sequences() || advances) {
          run_layer(layer, layer_weights, copy, workspaces_[static_cast<std::size_t>(worker)],
                    emits, advances);
          release(copy);
        }
        execution_.progress.advance(tokens_in(copy));
      });
      if (advances && settings_of(layer).experts) {
        experts_->run(layer, layer_weights, *hidden_, execution_);
        hidden_->release(0, offsets_.back());
      }
      if (emits) for_each_sink([&](capture::QkSink& sink) { sink.end_layer(layer, execution_); });
      if (checkpoint != nullptr && advances) {
        checkpoint->reached({layer.value + 1}, hidden_->view());
      }
    }
    execution_.progress.end();
    if (full) {
      const NormWeights norm = weights_.final_norm();
      execution_.progress.begin(request_.task + ": logits", offsets_.back(), "tokens");
      compute_logits(
          {hidden_->view(), offsets_, std::ssize(attentions_), norm, architecture_, weights_},
          request_.logits, execution_);
      execution_.progress.end();
    }
  }

 private:
  int64_t sequences() const { return static_cast<int64_t>(request_.ids.size()); }
  int64_t copies() const { return std::ssize(offsets_) - 1; }
  int64_t tokens_in(int64_t copy) const {
    return offsets_[static_cast<std::size_t>(copy) + 1] - offsets_[static_cast<std::size_t>(copy)];
  }
  MatrixView<float> hidden_of(int64_t copy) {
    return hidden_->view().rows(offsets_[static_cast<std::size_t>(copy)], tokens_in(copy));
  }
  void release(int64_t copy) {
    hidden_->release(offsets_[static_cast<std::size_t>(copy)], tokens_in(copy));
  }
  const LayerSettings& settings_of(LayerIndex layer) const {
    return architecture_.layer[static_cast<std::size_t>(layer.value)];
  }
  template <class F>
  void for_each_sink(const F& f) const {
    for (capture::QkSink* sink : request_.sinks) f(*sink);
  }

  void embed() {
    const formats::Tensor& table = weights_.embedding();
    const formats::Tensor* positions =
        architecture_.learned_positions ? &weights_.positions() : nullptr;
    execution_.for_each(copies(), [&](int64_t copy, int) {
      const auto& ids = request_.ids[static_cast<std::size_t>(copy % sequences())];
      const auto hidden = hidden_of(copy);
      Matrix<float> position(1, hidden.cols());
      for (int64_t t = 0; t < hidden.rows(); ++t) {
        if (t % rows_between_releases == 0) weights_.release_rows(table, 0, table.shape.front());
        const auto x = hidden.row(t);
        WeightReader::read_rows(table, ids[static_cast<std::size_t>(t)], hidden.rows(t, 1));
        if (architecture_.embedding_scale != 1.0F) {
          for (float& value : x) value *= architecture_.embedding_scale;
        }
        if (positions == nullptr) continue;
        WeightReader::read_rows(*positions, t + architecture_.position_offset, position);
        for (std::size_t c = 0; c < x.size(); ++c) x[c] += position.row(0)[c];
      }
      weights_.release_rows(table, 0, table.shape.front());
      release(copy);
    });
  }

  void run_layer(LayerIndex layer, const LayerWeights& weights, int64_t copy, Workspace& space,
                 bool emits, bool advances) {
    const DecoderLayer decoder(architecture_, layer, weights);
    const auto a = static_cast<std::size_t>(copy / sequences());
    const int64_t tokens = tokens_in(copy);
    const SequenceState sequence{
        copy % sequences(), hidden_of(copy),
        std::span<const int32_t>(positions_.data(), static_cast<std::size_t>(tokens))};
    DecoderLayer::Emit emit;
    if (emits && a == 0) emit = [&](const capture::QkEvent& event) { send(event); };
    decoder.project(sequence, rotary_.find(layer, tokens), space, emit);
    if (advances) {
      attention::WeightsObserver* const observer =
          request_.observers.empty() ? nullptr : request_.observers.at(a);
      decoder.advance(sequence, *attentions_[a], observer, space);
    }
  }

  void send(const capture::QkEvent& event) const {
    for_each_sink([&](capture::QkSink& sink) {
      if (sink.sites().contains(event.site)) sink.consume(event);
    });
  }

  const Architecture& architecture_;
  const WeightReader& weights_;
  const RunRequest& request_;
  const Execution& execution_;
  std::unique_ptr<attention::Attention> exact_;
  std::vector<const attention::Attention*> attentions_;
  RotaryTables rotary_;
  std::vector<int64_t> offsets_{0};     // [copies + 1] first row of each copy in hidden_
  std::optional<HiddenStates> hidden_;  // [tokens of all copies, hidden]
  std::vector<int32_t> positions_;      // 0, 1, 2, …
  std::vector<Workspace> workspaces_;
  std::optional<ExpertMixture> experts_;
};

// Whether all matrices are stored as BF16.
bool is_bfloat16(const formats::TensorFile& file) {
  return std::ranges::all_of(file.names(), [&](const std::string& name) {
    const formats::Tensor* tensor = file.find(name);
    return tensor->shape.size() < 2 || tensor->dtype == formats::DType::bf16;
  });
}

}  // namespace

Transformer::Transformer(std::unique_ptr<formats::TensorFile> file, Architecture architecture,
                         const TensorNames& names, capture::ModelFacts facts,
                         ComputeSettings compute)
    : file_(std::move(file)),
      architecture_(std::move(architecture)),
      compute_(std::move(compute)),
      products_(choose_products(compute_.compute, is_bfloat16(*file_))),
      weights_(*file_, architecture_, names, *products_),
      facts_(std::move(facts)) {
  weights_.check();
  for (const std::string& name : file_->names()) {
    parameters_ += checked_elements(file_->find(name)->shape, name);
  }
}

PassCost Transformer::cost(const PassShape& shape) const {
  int64_t widest = 0;
  for (const std::string& name : file_->names()) {
    const formats::DType type = file_->find(name)->dtype;
    widest = std::max(widest, formats::size_of(type) / formats::elements_per_block(type));
  }
  return pass_cost(architecture_, *products_, compute_, std::max<int64_t>(widest, 1), shape);
}

void Transformer::run(const RunRequest& request, const Execution& execution) const {
  for (std::size_t s = 0; s < request.ids.size(); ++s) {
    const auto length = static_cast<int64_t>(request.ids[s].size());
    if (architecture_.max_positions > 0 && length > architecture_.max_positions) {
      fail<UsageError>("sequence {} has {} tokens, but {} allows {} (max_position_embeddings)", s,
                       length, facts_.name, architecture_.max_positions);
    }
    for (const int32_t id : request.ids[s]) {
      if (id < 0 || id >= architecture_.vocabulary) {
        fail<FormatError>("sequence {}: token id {} is outside the vocabulary of {}, 0 to {}", s,
                          id, facts_.name, architecture_.vocabulary - 1);
      }
    }
  }
  Pass(architecture_, weights_, products_, compute_, request, execution).run();
}

}  // namespace aqua::model
