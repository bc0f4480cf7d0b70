#include "models/bpe_merge.hpp"

#include <algorithm>

namespace aqua::text {
namespace {

// Up to this many symbols, looking at all pairs for each merge is faster than keeping a heap.
constexpr std::size_t kShort = 32;

}  // namespace

void WordMerger::merge(std::vector<Symbol>& word) {
  if (joints_ != nullptr && word.size() > kShort) {
    merge_runs(word);
  } else {
    merge_run(word);
  }
}

// Merges never cross the ends of runs, so that the order between those of different runs is free.
void WordMerger::merge_runs(std::vector<Symbol>& word) {
  std::size_t done = 0;  // symbols that are merged, at the front
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= word.size(); ++end) {
    if (end < word.size() && joints_->contains(word[end - 1].id, word[end].id)) continue;
    run_.assign(word.begin() + begin, word.begin() + end);
    merge_run(run_);
    std::ranges::copy(run_, word.begin() + done);
    done += run_.size();
    begin = end;
  }
  word.resize(done);
}

void WordMerger::merge_run(std::vector<Symbol>& word) {
  if (word.size() < 2) return;
  if (word.size() <= kShort) {
    merge_short(word);
  } else {
    merge_long(word);
  }
}

void WordMerger::merge_short(std::vector<Symbol>& word) {
  pair_merges_.resize(word.size());
  const auto update = [&](std::size_t left) {
    pair_merges_[left] =
        left + 1 < word.size() ? merges_.get(word[left].id, word[left + 1].id) : Merge{};
  };
  for (std::size_t i = 0; i < word.size(); ++i) update(i);
  while (true) {
    const auto best =
        std::min_element(pair_merges_.begin(), pair_merges_.end(),
                         [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
    if (best->rank == Merge::kNone) return;
    const std::size_t left = best - pair_merges_.begin();
    word[left].id = best->id;
    word.erase(word.begin() + left + 1);
    pair_merges_.erase(best + 1);
    if (left > 0) update(left - 1);
    update(left);
  }
}

void WordMerger::push_candidate(const std::vector<Symbol>& word, int64_t left, int64_t right) {
  if (left < 0 || right < 0) return;
  const Merge merge = merges_.get(word[left].id, word[right].id);
  if (merge.rank == Merge::kNone) return;
  queue_.push_back({merge.rank, merge.id, left});
  std::push_heap(queue_.begin(), queue_.end());
}

void WordMerger::merge_long(std::vector<Symbol>& word) {
  constexpr int32_t merged_away = -1;
  const auto size = static_cast<int64_t>(word.size());
  queue_.clear();
  links_.clear();
  for (int64_t i = 0; i < size; ++i) {
    links_.push_back({i - 1, i + 1 < size ? i + 1 : -1});
    push_candidate(word, i, links_.back().next);
  }
  while (!queue_.empty()) {
    const Candidate best = queue_.front();
    std::pop_heap(queue_.begin(), queue_.end());
    queue_.pop_back();
    const int64_t right = links_[best.left].next;
    // The candidate is stale when one of its symbols was merged with another meanwhile.
    if (word[best.left].id == merged_away || right < 0 ||
        merges_.get(word[best.left].id, word[right].id).id != best.id) {
      continue;
    }
    word[best.left].id = best.id;
    word[right].id = merged_away;
    const int64_t next = links_[right].next;
    links_[best.left].next = next;
    if (next >= 0) links_[next].previous = best.left;
    push_candidate(word, links_[best.left].previous, best.left);
    push_candidate(word, best.left, next);
  }
  std::erase_if(word, [](const Symbol& symbol) { return symbol.id == merged_away; });
}

}  // namespace aqua::text
