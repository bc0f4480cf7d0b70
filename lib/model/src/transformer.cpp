// One pass: embed all tokens, then for each layer convert its weights once and let the workers take
// the sequences. A worker does everything for its sequence: normalise, project, hand q and k to the
// sinks, attend, feed forward. Products inside a worker use one thread; a sequence is the unit of
// parallel work because it measures faster than threads inside each product.
#include "transformer.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>

#include "aqua/core/checked.hpp"
#include "aqua/core/error.hpp"
#include "aqua/ops/activation.hpp"
#include "aqua/ops/norm.hpp"
#include "aqua/ops/rotary.hpp"
#include "logits.hpp"

namespace aqua::model {
namespace {

// Tokens that pass through the feed-forward block at once: enough rows for full speed of the
// products, few enough that [rows, 2·feed_forward] stays small.
constexpr int64_t feed_forward_rows = 512;

// Intermediate rows of one sequence, reused from sequence to sequence and layer to layer.
struct Workspace {
  Matrix<float> normalised;  // [T, hidden]
  Matrix<float> qkv;         // [T, (H + 2·H_kv)·d]
  Matrix<float> attended;    // [T, H·d]
  Matrix<float> gate_up;     // [min(T, feed_forward_rows), 2·feed_forward]

  Workspace() = default;
  Workspace(const Architecture& a, int64_t tokens)
      : normalised(tokens, a.hidden_size),
        qkv(tokens, (a.heads.query_heads + 2 * a.heads.kv_heads) * a.heads.head_dim),
        attended(tokens, a.heads.query_heads * a.heads.head_dim),
        gate_up(std::min(tokens, feed_forward_rows), 2 * a.feed_forward_size) {}
};

// What a pass keeps besides the weights of the layer at hand.
class Pass {
 public:
  Pass(const Architecture& architecture, const WeightReader& weights, const RunRequest& request,
       const Execution& execution)
      : architecture_(architecture),
        weights_(weights),
        request_(request),
        execution_(execution),
        pairing_(architecture.rope_layout == capture::RopeLayout::interleaved
                     ? ops::RotaryPairing::neighbours
                     : ops::RotaryPairing::halves),
        default_attention_(attention::make_exact_attention()),
        attention_(request.attention != nullptr ? *request.attention : *default_attention_) {
    int64_t longest = 0;
    for (const auto& ids : request.ids) {
      offsets_.push_back(offsets_.back() + static_cast<int64_t>(ids.size()));
      longest = std::max(longest, static_cast<int64_t>(ids.size()));
    }
    hidden_ = Matrix<float>(offsets_.back(), architecture.hidden_size);
    rotary_ = ops::RotaryTable(architecture.rope.inverse_frequency, longest,
                               architecture.rope.attention_scale);
    positions_.resize(static_cast<std::size_t>(longest));
    std::iota(positions_.begin(), positions_.end(), 0);
    workspaces_.resize(static_cast<std::size_t>(execution.pool.size()));
    for (Workspace& w : workspaces_) w = Workspace(architecture, longest);
  }

  void run() {
    embed();
    const auto last_emitting = request_.layers.empty() ? LayerIndex{-1} : request_.layers.back();
    const bool full = static_cast<bool>(request_.logits);
    const auto layers = full ? static_cast<int32_t>(architecture_.layers) : last_emitting.value + 1;
    execution_.progress.begin(request_.task, layers * offsets_.back(), "token-layers");
    LayerWeights layer_weights;
    for (LayerIndex layer{0}; layer.value < layers; ++layer.value) {
      weights_.read_layer(layer, layer_weights, execution_);
      const bool emits = std::ranges::find(request_.layers, layer) != request_.layers.end();
      const bool advances = full || layer < last_emitting;
      if (emits) for_each_sink([&](capture::QkSink& sink) { sink.begin_layer(layer); });
      execution_.for_each(sequences(), [&](int64_t sequence, int worker) {
        run_layer(layer, layer_weights, sequence, workspaces_[static_cast<std::size_t>(worker)],
                  emits, advances);
        execution_.progress.advance(tokens_in(sequence));
      });
      if (emits) for_each_sink([&](capture::QkSink& sink) { sink.end_layer(layer, execution_); });
    }
    execution_.progress.end();
    if (full) {
      const std::vector<float> norm = weights_.final_norm();
      compute_logits({hidden_, offsets_, norm, architecture_.norm_epsilon, weights_.output_head()},
                     request_.logits, execution_);
    }
  }

 private:
  int64_t sequences() const { return static_cast<int64_t>(request_.ids.size()); }
  int64_t tokens_in(int64_t s) const {
    return offsets_[static_cast<std::size_t>(s) + 1] - offsets_[static_cast<std::size_t>(s)];
  }
  MatrixView<float> hidden_of(int64_t s) {
    return hidden_.view().rows(offsets_[static_cast<std::size_t>(s)], tokens_in(s));
  }
  template <class F>
  void for_each_sink(const F& f) const {
    for (capture::QkSink* sink : request_.sinks) f(*sink);
  }

  void embed() {
    const formats::Tensor& table = weights_.embedding();
    execution_.for_each(sequences(), [&](int64_t s, int) {
      const auto& ids = request_.ids[static_cast<std::size_t>(s)];
      const auto hidden = hidden_of(s);
      for (int64_t t = 0; t < hidden.rows(); ++t) {
        WeightReader::read_rows(table, ids[static_cast<std::size_t>(t)], hidden.rows(t, 1));
      }
    });
  }

  void run_layer(LayerIndex layer, const LayerWeights& weights, int64_t sequence, Workspace& space,
                 bool emits, bool advances) {
    const auto x = hidden_of(sequence);
    const int64_t tokens = x.rows();
    const auto& heads = architecture_.heads;
    const auto normalised = space.normalised.view().rows(0, tokens);
    const auto qkv = space.qkv.view().rows(0, tokens);

    normalise(layer, x, weights.attention_norm, normalised);
    weights.query_key_value.apply(normalised, qkv);
    const HeadsView<float> q(qkv.data(), tokens, heads.query_heads, heads.head_dim, qkv.stride());
    const HeadsView<float> k(qkv.data() + heads.query_heads * heads.head_dim, tokens,
                             heads.kv_heads, heads.head_dim, qkv.stride());
    const HeadsView<float> v(k.data() + heads.kv_heads * heads.head_dim, tokens, heads.kv_heads,
                             heads.head_dim, qkv.stride());
    const std::span<const int32_t> positions(positions_.data(), static_cast<std::size_t>(tokens));
    const LogitRule& rule = architecture_.logits;

    if (emits) emit({layer, capture::Site::pre_rope, sequence, positions, q, k, {}, rule});
    rotary_.apply(positions, pairing_, q);
    rotary_.apply(positions, pairing_, k);
    if (emits) emit({layer, capture::Site::post_rope, sequence, positions, q, k, v, rule});
    if (!advances) return;

    const auto attended = space.attended.view().rows(0, tokens);
    attention_.run({layer, q, k, v, rule}, attended);
    weights.attention_output.add_to(attended, x);

    for (int64_t first = 0; first < tokens; first += feed_forward_rows) {
      const int64_t rows = std::min(feed_forward_rows, tokens - first);
      const auto block = x.rows(first, rows);
      const auto input = normalised.rows(first, rows);
      const auto gate_up = space.gate_up.view().rows(0, rows);
      const auto gate = gate_up.columns(0, architecture_.feed_forward_size);
      const auto up =
          gate_up.columns(architecture_.feed_forward_size, architecture_.feed_forward_size);
      normalise(layer, block, weights.feed_forward_norm, input);
      weights.gate_up.apply(input, gate_up);
      ops::silu_times(gate, up, gate);
      weights.down.add_to(gate, block);
    }
  }

  void normalise(LayerIndex layer, ConstMatrixView<float> x, std::span<const float> weight,
                 MatrixView<float> out) const {
    if (!ops::rms_norm(x, weight, architecture_.norm_epsilon, out)) {
      fail<NumericalError>("layer {}: hidden states are not finite", layer.value);
    }
  }

  void emit(const capture::QkEvent& event) const {
    for_each_sink([&](capture::QkSink& sink) {
      if (sink.sites().contains(event.site)) sink.consume(event);
    });
  }

  const Architecture& architecture_;
  const WeightReader& weights_;
  const RunRequest& request_;
  const Execution& execution_;
  ops::RotaryPairing pairing_;
  std::unique_ptr<attention::Attention> default_attention_;
  const attention::Attention& attention_;
  std::vector<int64_t> offsets_{0};  // [sequences + 1] first row of each sequence in hidden_
  Matrix<float> hidden_;             // [tokens, hidden]
  ops::RotaryTable rotary_;
  std::vector<int32_t> positions_;  // 0, 1, 2, …
  std::vector<Workspace> workspaces_;
};

}  // namespace

Transformer::Transformer(std::unique_ptr<formats::TensorFile> file, Architecture architecture,
                         const TensorNames& names, capture::ModelFacts facts)
    : file_(std::move(file)),
      architecture_(std::move(architecture)),
      weights_(*file_, architecture_, names),
      facts_(std::move(facts)) {
  weights_.check();
  for (const std::string& name : file_->names()) {
    parameters_ += checked_elements(file_->find(name)->shape, name);
  }
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
  Pass(architecture_, weights_, request, execution).run();
}

}  // namespace aqua::model
