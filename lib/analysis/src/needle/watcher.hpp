// How the answer queries of haystacks attend, head by head.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "aqua/analysis/needle.hpp"
#include "aqua/attention/attention.hpp"

namespace aqua::analysis {

/// Watches one attention over a batch of haystacks.
class NeedleWatcher final : public attention::WeightsObserver {
 public:
  NeedleWatcher(std::span<const Haystack> haystacks, int64_t layers, int64_t query_heads);
  void observe(const attention::WeightsBlock& block) override;

  const HeadRetrieval& of(int64_t haystack, int64_t layer, int64_t head) const {
    return results_[static_cast<std::size_t>((haystack * layers_ + layer) * heads_ + head)];
  }

 private:
  std::span<const Haystack> haystacks_;
  int64_t layers_;
  int64_t heads_;
  std::vector<HeadRetrieval> results_;  // [haystack, layer, head]; each written by one thread
};

}  // namespace aqua::analysis
