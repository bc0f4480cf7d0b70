// What a pass over a model will take, from its shape alone: memory by parts, and operations.
#pragma once

#include <cstdint>

#include "aqua/core/execution.hpp"
#include "aqua/linalg/products.hpp"

namespace aqua::model {

/// A pass without logits.
struct PassShape {
  int64_t tokens = 0;            ///< in all sequences
  int64_t longest_sequence = 0;  ///< tokens
  int64_t layers = 0;            ///< that run: the number of the last one that emits, plus one
  int threads = 1;
};

/// Bytes, upper bounds. Peak resident memory of the process is at most their sum and what the sinks
/// keep, whatever the checkpoint's size.
struct PassMemory {
  int64_t weights = 0;  ///< one layer (of a mixture: one expert) packed in the compute type
  int64_t reading = 0;  ///< file pages of the matrix that is being converted, and rows on their way
  int64_t hidden_states = 0;  ///< of all tokens; of the sequences at work when they are in a file
  bool hidden_states_in_file = false;
  int64_t workspaces = 0;  ///< intermediate rows of one sequence per thread, attention's and the
                           ///< product engine's buffers included
  int64_t program = 0;     ///< code, libraries, generated kernels, tokenizer and text: a constant

  int64_t total() const { return weights + reading + hidden_states + workspaces + program; }
};

struct PassCost {
  PassMemory memory;
  double product_flops = 0.0;    ///< of the layers' matrices; an experts' layer counts the chosen
  double attention_flops = 0.0;  ///< of attention's two products over causal pairs

  double flops() const { return product_flops + attention_flops; }
};

/// Floating-point operations a second of an engine on products of this width with all threads, from
/// a measurement of a fraction of a second.
double measured_flops_per_second(const linalg::ProductEngine& products, int64_t width,
                                 const Execution& execution);

}  // namespace aqua::model
