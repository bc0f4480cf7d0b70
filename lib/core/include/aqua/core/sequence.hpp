// How text lies in the sequences that a model runs over.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace aqua {

/// One window of tokens. Tokens before `first_counted` were counted in an earlier window (they
/// overlap it) and serve as context only: every statistic skips them as queries and, where keys are
/// counted by themselves, as keys.
struct SequenceInfo {
  int64_t first_counted = 0;
  std::vector<int32_t> document;  ///< [T] index of the document each token belongs to

  int64_t length() const { return static_cast<int64_t>(document.size()); }
  int64_t counted() const { return length() - first_counted; }
  bool operator==(const SequenceInfo&) const = default;
};

}  // namespace aqua
