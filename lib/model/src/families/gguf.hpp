// What families share in reading a GGUF file's metadata, whose keys are "ARCHITECTURE.…".
#pragma once

#include <string>

#include "aqua/formats/gguf.hpp"
#include "architecture.hpp"

namespace aqua::model {

/// Metadata of one architecture: keys without their prefix.
class GgufConfig {
 public:
  explicit GgufConfig(const formats::GgufFile& file);

  const formats::GgufFile& file() const { return file_; }
  const std::string& prefix() const { return prefix_; }    ///< "llama"
  const std::string& context() const { return context_; }  ///< the file's path
  std::string key(const char* name) const { return prefix_ + "." + name; }
  int64_t integer(const char* name) const;
  int64_t integer_or(const char* name, int64_t fallback) const;
  double number_or(const char* name, double fallback) const;
  bool flag_or(const char* name, bool fallback) const;
  bool has_tensor(const char* name) const { return file_.find(name) != nullptr; }

 private:
  const formats::GgufFile& file_;
  std::string prefix_;
  std::string context_;
};

/// Sizes, heads, biases (from the tensors that are there), tied embeddings; every layer full
/// attention with scale 1/√d and without rotary embedding; RMS norm unless `norm` says otherwise.
/// Norm weights are as they are multiplied: converters add Gemma's 1. Checked (see validate).
Architecture read_sizes(const GgufConfig& config, NormKind norm = NormKind::rms);

/// Rotary embedding, the same for every layer, with the pairs that the architecture's files have.
void read_rope(const GgufConfig& config, Architecture& a, capture::RopeLayout layout,
               float theta = 10000.0F);

/// "attention.sliding_window" on every layer for which slides(i); 0 or missing: none.
template <class F>
void read_window(const GgufConfig& config, Architecture& a, const F& slides) {
  const int64_t window = config.integer_or("attention.sliding_window", 0);
  if (window <= 0) return;
  for (std::size_t i = 0; i < a.layer.size(); ++i) {
    if (slides(static_cast<int64_t>(i))) a.layer[i].logits.window = window;
  }
}

/// "expert_count", if any, experts in every layer.
void read_experts(const GgufConfig& config, Architecture& a, bool renormalise);

}  // namespace aqua::model
