// Merging partial results of parallel work in a fixed order, so that sums do not depend on which
// worker finished first: floating-point results are equal for every thread count.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace aqua {

/// Takes partials for indices 0, 1, 2, … in any order and passes them to `merge` in increasing
/// order, each as soon as all before it have arrived. Thread-safe; `merge` runs under the lock.
/// Holds only the partials that wait for an earlier one, about one per worker when indices are
/// handed out in order.
template <class Partial>
class OrderedReduction {
 public:
  explicit OrderedReduction(std::function<void(Partial&&)> merge) : merge_(std::move(merge)) {}

  void submit(int64_t index, Partial partial) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(index, std::move(partial));
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      auto node = waiting_.extract(waiting_.begin());
      ++next_;
      merge_(std::move(node.mapped()));
    }
  }

  /// Indices merged so far; equals the number submitted once all have arrived.
  int64_t merged() const {
    const std::lock_guard lock(mutex_);
    return next_;
  }

 private:
  std::function<void(Partial&&)> merge_;
  std::map<int64_t, Partial> waiting_;
  int64_t next_ = 0;
  mutable std::mutex mutex_;
};

}  // namespace aqua
