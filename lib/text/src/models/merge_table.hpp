// The merges of a BPE model: from a pair of neighbouring tokens to what they become.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace aqua::text {

struct Merge {
  static constexpr int32_t kNone = INT32_MAX;
  int32_t rank = kNone;  ///< lower merges first; kNone: the pair does not merge
  int32_t id = -1;       ///< the token that the pair becomes
};

/// A hash table with open addressing: one probe in most cases, where std::unordered_map follows two
/// pointers. (It is asked twice per merge, the larger part of BPE's work.)
class MergeTable {
 public:
  /// Room for that many pairs.
  explicit MergeTable(std::size_t pairs)
      : slots_(std::bit_ceil(2 * pairs + 2)), shift_(64 - std::countr_zero(slots_.size())) {}

  /// A pair that is there already gets the new merge.
  void set(int32_t left, int32_t right, Merge merge) {
    slots_[find(key(left, right))] = {key(left, right), merge};
  }
  Merge get(int32_t left, int32_t right) const { return slots_[find(key(left, right))].merge; }
  bool contains(int32_t left, int32_t right) const {
    return slots_[find(key(left, right))].key != kFree;
  }

  /// Calls visit(left, right, merge) for every pair, in no particular order.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.key == kFree) continue;
      visit(static_cast<int32_t>(slot.key >> 32), static_cast<int32_t>(slot.key), slot.merge);
    }
  }

 private:
  static constexpr uint64_t kFree = ~uint64_t{0};  // no pair of ids has this key
  struct Slot {
    uint64_t key = kFree;
    Merge merge;
  };

  static uint64_t key(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  // The slot with this key, or the free one where it would stand.
  std::size_t find(uint64_t wanted) const {
    std::size_t at = wanted * 0x9E3779B97F4A7C15u >> shift_;  // Fibonacci hashing
    while (slots_[at].key != wanted && slots_[at].key != kFree) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  std::vector<Slot> slots_;
  int shift_;
};

}  // namespace aqua::text
