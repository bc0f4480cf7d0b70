// Byte-pair encoding of one word, after it was cut into symbols.
#pragma once

#include <cstdint>
#include <vector>

#include "models/merge_table.hpp"

namespace aqua::text {

/// A token in the making.
struct Symbol {
  int32_t id;
  int64_t begin;  ///< in the word, in bytes
};

/// Merges neighbouring symbols, always the pair of lowest rank and among equals the leftmost, until
/// no pair merges. Keeps its memory from word to word, so use one for many.
class WordMerger {
 public:
  /// `joints`, when not null: pairs of symbols (as they are before merging) that can come to be in
  /// one token; others never can, see find_joints.
  explicit WordMerger(const MergeTable& merges, const MergeTable* joints = nullptr)
      : merges_(merges), joints_(joints) {}
  void merge(std::vector<Symbol>& word);

 private:
  struct Candidate {
    int32_t rank;
    int32_t id;  // what the pair becomes
    int64_t left;
    // std::push_heap keeps the largest on top.
    bool operator<(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  // Symbols stay in place and are linked; −1: none.
  struct Link {
    int64_t previous;
    int64_t next;
  };

  void merge_runs(std::vector<Symbol>& word);
  void merge_run(std::vector<Symbol>& word);
  void merge_short(std::vector<Symbol>& word);
  void merge_long(std::vector<Symbol>& word);
  void push_candidate(const std::vector<Symbol>& word, int64_t left, int64_t right);

  const MergeTable& merges_;
  const MergeTable* joints_;
  std::vector<Symbol> run_;         // merge_runs
  std::vector<Merge> pair_merges_;  // merge_short: of each symbol with the next
  std::vector<Link> links_;         // merge_long
  std::vector<Candidate> queue_;    // merge_long: a heap
};

}  // namespace aqua::text
