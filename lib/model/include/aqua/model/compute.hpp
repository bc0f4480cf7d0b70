// How a model computes: the type of its products, and the memory it may take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aqua/linalg/products.hpp"

namespace aqua::model {

/// The type in which weights, activations and, in exact attention, q, k, v and attention weights
/// enter a product. Sums, norms, softmax, rotary embedding, the hidden states, next-token logits
/// and everything that sinks see are float32 in every case.
enum class Compute {
  float32,    ///< the fastest float32 engine of this CPU
  bfloat16,   ///< where the CPU has it in hardware, else float32
  automatic,  ///< bfloat16 when all matrices of the checkpoint are BF16 and the CPU has it
  reference,  ///< float32 by OpenBLAS, to compare with
};
std::string_view name(Compute compute);  ///< "float32", "bfloat16", "auto", "reference"
std::vector<std::string> compute_names();
/// UsageError when unknown.
Compute compute_from_name(std::string_view name);

struct ComputeSettings {
  Compute compute = Compute::float32;
  /// Bytes that the hidden states may take in memory; beyond that they are kept in a temporary
  /// file. 0: no limit.
  int64_t memory_limit = 0;
  std::filesystem::path temporary_folder;  ///< for that file; empty: $TMPDIR or /tmp
};

/// The engine for that wish, on this CPU and for a checkpoint that is or is not BF16 throughout.
std::unique_ptr<linalg::ProductEngine> choose_products(Compute compute, bool bfloat16_checkpoint);

}  // namespace aqua::model
