// Attention variants as a subcommand's options ask for them, ready to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aqua/analysis/perplexity.hpp"
#include "aqua/attention/variants.hpp"
#include "aqua/core/provenance.hpp"
#include "common/runtime.hpp"
#include "common/work_folder.hpp"
#include "common/workload.hpp"

namespace CLI {
class App;
}

namespace aqua::tools {

/// --variants, --k-ratios, --calibration
struct VariantOptions {
  std::vector<std::string> variants;  ///< each SPEC[;SPEC…]
  std::vector<double> k_ratios;       ///< of a sweep over AQUA, static and dynamic
  std::string calibration;            ///< file; empty: fit on the first corpus if bases are needed
};
void add_variant_options(CLI::App& app, VariantOptions& options);

/// The specs in the order given, then the sweep's. UsageError for one that is wrong or asked for
/// twice. Reads no file.
std::vector<attention::VariantSpec> parse_variants(const VariantOptions& options);

struct Variants {
  std::vector<attention::VariantSpec> specs;
  std::vector<std::unique_ptr<attention::Attention>> attentions;  ///< of the specs, in order
  std::vector<CorpusFacts> fitted_on;  ///< texts behind the bases; empty: none were needed
  std::string description;             ///< everything on which they depend, for kept parts

  /// Each with its spec as its name; they refer to this object.
  std::vector<analysis::NamedAttention> named() const;
};

/// Reads the calibration and plans, which must belong to the workload's model (FormatError), or
/// fits on its first corpus, with a note, and makes the attentions.
Variants load_variants(std::vector<attention::VariantSpec> specs, const VariantOptions& options,
                       const Workload& workload, const WorkFolder& folder, Runtime& runtime);

}  // namespace aqua::tools
