// Whether the choice of calibration text matters: bases of random, disjoint parts of one text
// against bases of parts of another, by their losses on held-out text and by their subspaces.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "aqua/analysis/retention.hpp"
#include "aqua/analysis/subspace.hpp"

namespace aqua::analysis {

/// Deals `documents` at random to `parts` parts whose sizes differ by one at most: [document] part.
/// Draws from Random(seed, document_split, 1 + index), so that each text has its own draw.
/// UsageError when there are fewer documents than parts, or parts < 2.
std::vector<int32_t> deal_documents(int64_t documents, int64_t parts, uint64_t seed,
                                    uint64_t index);

/// The bases of one text's parts.
struct SensitivityGroup {
  std::string name;                             ///< of the text
  CorpusFacts corpus;                           ///< what parts were dealt from
  std::vector<std::vector<std::string>> parts;  ///< [part] ids of its documents
  std::vector<int64_t> tokens;                  ///< [part] counted
};

/// Mean, sample standard deviation and range.
struct Spread {
  double mean = 0.0;
  double deviation = 0.0;
  double low = 0.0;
  double high = 0.0;
};
/// Of at least two values.
Spread spread(std::span<const double> values);

/// What the bases of another text cost here, against the bases of this text's own parts.
struct DomainDifference {
  std::size_t group = 0;    ///< the other text
  double difference = 0.0;  ///< mean loss with its parts' bases minus mean loss with own parts'
  /// 95 % quantile of |difference| between two parts of the same text, over all pairs of parts
  /// within either of the two groups: what choosing other documents of the same kind does.
  double noise = 0.0;
  bool beyond_noise = false;  ///< |difference| > noise
};

/// One (text, k_ratio, selection) at which all bases were measured.
struct SensitivityLoss {
  std::size_t evaluation = 0;  ///< group whose held-out text it is
  double k_ratio = 0.0;
  int64_t k = 0;
  Selection selection = Selection::fixed;
  std::vector<std::vector<double>>
      losses;                  ///< [group][part] query loss, mean over layers and heads
  std::vector<Spread> groups;  ///< [group]
  std::vector<DomainDifference> differences;  ///< every group but the evaluated one
};

/// Overlap of the leading k directions, mean over layers and KV heads, between parts.
struct SensitivityOverlap {
  double k_ratio = 0.0;
  int64_t k = 0;
  double chance = 0.0;  ///< k/d: of independent random subspaces
  /// [group][group] mean over pairs of parts, of two different parts on the diagonal.
  std::vector<std::vector<double>> mean;
  std::vector<std::vector<double>> lowest;  ///< the least of any pair
};

struct SensitivityResult {
  capture::ModelFacts model;
  RetentionOptions options;
  std::vector<LayerIndex> layers;
  std::vector<SensitivityGroup> groups;
  std::vector<CorpusFacts> held_out;  ///< [group]
  std::vector<SensitivityLoss> losses;
  std::vector<SensitivityOverlap> overlaps;
};

/// `bases` [group · parts + part], all groups with equally many parts; `measured` [group] on its
/// held-out text, by one RetentionMeter over these bases in this order.
///
/// Memory of a whole run, in float64 values, for C texts, P parts, L layers, H_kv KV heads:
/// 2·P·L·H_kv·d² for the factors of one text, 2·C·P·L·H_kv·d² for bases, and what RetentionMeter
/// says with C·P bases.
SensitivityResult assemble_sensitivity(std::vector<SensitivityGroup> groups,
                                       std::span<const NamedBasis> bases,
                                       std::span<const RetentionResult> measured,
                                       const Execution& execution);

}  // namespace aqua::analysis
