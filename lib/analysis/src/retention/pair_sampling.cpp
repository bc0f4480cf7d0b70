#include "retention/pair_sampling.hpp"

#include <numeric>

#include "aqua/core/random.hpp"

namespace aqua::analysis {

std::vector<int64_t> sample_queries(const SequenceInfo& sequence, int64_t sequence_index,
                                    int64_t pair_queries, uint64_t seed) {
  const int64_t counted = sequence.counted();
  if (pair_queries == 0 || pair_queries >= counted) {
    std::vector<int64_t> all(counted);
    std::iota(all.begin(), all.end(), sequence.first_counted);
    return all;
  }
  Random random(seed, Random::Purpose::pair_sampling, static_cast<uint64_t>(sequence_index));
  std::vector<int64_t> sampled(pair_queries);
  for (int64_t stratum = 0; stratum < pair_queries; ++stratum) {
    const int64_t begin = stratum * counted / pair_queries;
    const int64_t end = (stratum + 1) * counted / pair_queries;
    sampled[stratum] = sequence.first_counted + begin +
                       static_cast<int64_t>(random.below(static_cast<uint64_t>(end - begin)));
  }
  return sampled;
}

}  // namespace aqua::analysis
