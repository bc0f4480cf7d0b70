// What a model (or a file that stands in for one) tells the world while it runs: the query and key
// vectors of one layer for one sequence.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/core/execution.hpp"
#include "aqua/core/heads.hpp"
#include "aqua/core/provenance.hpp"
#include "aqua/core/sequence.hpp"

namespace aqua::capture {

/// Where q and k are taken: before or after rotary embedding, in both cases after bias and QK-norm.
/// The dot product of post_rope vectors is the attention logit, up to LogitRule.
enum class Site { pre_rope, post_rope };
std::string_view name(Site site);       ///< "pre_rope", "post_rope"
Site site_from_name(std::string_view);  ///< FormatError when unknown

/// How rotary embedding pairs dimensions: (i, i + d/2) as in Hugging Face, or (2i, 2i + 1) as in
/// GGUF.
enum class RopeLayout { none, half, interleaved };
std::string_view name(RopeLayout layout);
RopeLayout rope_layout_from_name(std::string_view);

/// What is known of the model, written into every file.
struct ModelFacts {
  std::string name;          ///< folder or file name
  std::string architecture;  ///< e.g. "llama"
  std::string sha256;        ///< of the weights file; for several files, of their sorted digests
  int64_t layers = 0;
  HeadLayout heads;
  int64_t hidden_size = 0;
  int64_t vocabulary = 0;
  RopeLayout rope_layout = RopeLayout::half;
  int64_t rotary_dims = 0;  ///< leading dimensions of each head that rotate; 0: all d
  bool operator==(const ModelFacts&) const = default;
};

/// The text that a source runs over.
struct StreamInfo {
  ModelFacts model;
  CorpusFacts corpus;
  std::vector<SequenceInfo> sequences;
  std::vector<std::string> documents;  ///< id of each document, by index
};

/// One layer's vectors for one sequence. Views live only during the call.
struct QkEvent {
  LayerIndex layer;
  Site site = Site::post_rope;
  int64_t sequence = 0;                ///< index into StreamInfo::sequences
  std::span<const int32_t> positions;  ///< [T] position of each token in its sequence
  HeadsView<const float> q;            ///< [T, H, d]
  HeadsView<const float> k;            ///< [T, H_kv, d]
  HeadsView<const float> v;  ///< [T, H_kv, d]; empty at pre_rope, or when no sink wants it
  LogitRule rule;
};

/// Receives events. begin, then for each layer in increasing order begin_layer, one event per
/// (sequence, site) and end_layer, then end. A sink must give the same result for every order in
/// which the events of a layer arrive (see OrderedReduction).
class QkSink {
 public:
  virtual ~QkSink() = default;
  virtual std::set<Site> sites() const = 0;
  /// Whether events at post_rope must carry v.
  virtual bool wants_values() const { return false; }
  virtual void begin(const StreamInfo&) {}
  virtual void begin_layer(LayerIndex) {}
  /// Called from several threads at once, for different sequences or sites of the same layer.
  virtual void consume(const QkEvent& event) = 0;
  virtual void end_layer(LayerIndex, const Execution&) {}
  virtual void end() {}
};

/// Something that produces the events of one corpus: a live model or a captured file. Both give the
/// same events to the last bit.
class QkSource {
 public:
  virtual ~QkSource() = default;
  virtual const StreamInfo& info() const = 0;
  /// Layers whose events run() emits, increasing.
  virtual std::vector<LayerIndex> layers() const = 0;
  /// Runs once through everything; may be called again. UsageError when a sink asks for a site that
  /// this source does not have.
  virtual void run(std::span<QkSink* const> sinks, const Execution& execution) = 0;
};

}  // namespace aqua::capture
