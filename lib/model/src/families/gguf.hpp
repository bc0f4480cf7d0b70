// What families share in reading a GGUF file's metadata, whose keys are "ARCHITECTURE.…".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aqua/formats/gguf.hpp"
#include "architecture.hpp"
#include "tensor_names.hpp"

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

/// Which layers slide: by "attention.sliding_window_pattern" (n: every n-th does not; or a flag for
/// each layer) when the file has it, else by `slides`.
std::vector<bool> sliding_layers(const GgufConfig& config, const Architecture& a,
                                 const std::function<bool(int64_t)>& slides);

/// "attention.sliding_window" on these layers; 0 or missing: none.
void read_window(const GgufConfig& config, Architecture& a, const std::vector<bool>& slides);

/// "expert_count", if any, experts in every layer. `renormalise`: unless the file says.
void read_experts(const GgufConfig& config, Architecture& a, bool renormalise);

/// The names as this file has them: those of a family, but for experts that are a tensor each
/// (Mixtral files from before April 2024) instead of one stack.
TensorNames names_in(const formats::GgufFile& file, TensorNames names);

}  // namespace aqua::model
