// Separable allocation of integers.
//
// Greedy is exact for convex falling curves f_i (Fox 1966, Operations Research 14). Let the falls
// be g_i(l) = f_i(l − 1) − f_i(l) >= 0, never growing with l. An allocation with levels l_i has the
// value Σ f_i(1) − Σ_i Σ_{2 <= l <= l_i} g_i(l). With m units beyond the first of every head, no
// allocation can take more than the m largest of all falls together. Because falls of one head
// never grow, the greedy choice, always the largest fall that is next in line, takes exactly the m
// largest: when it takes g_i(l), every fall not yet taken of any head is at most the next one in
// line of that head, and so at most g_i(l). Its allocations for m = 0, 1, 2, … are nested and
// optimal each, so that the first within a limit is the one with the fewest units.
#include "aqua/analysis/allocation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "aqua/core/error.hpp"

namespace aqua::analysis {
namespace {

constexpr double most_steps = 2e10;  // of dynamic programming: half a minute

double value_at(const AllocationTask& task, int64_t head, int64_t level) {
  return task.curves(head, level - 1);
}

// In the order of heads, so that equal levels have equal means to the last bit.
double mean_of(const AllocationTask& task, const std::vector<int64_t>& levels) {
  double sum = 0.0;
  for (std::size_t i = 0; i < levels.size(); ++i) sum += value_at(task, int64_t(i), levels[i]);
  return sum / static_cast<double>(levels.size());
}

[[noreturn]] void fail_limit(const AllocationTask& task, double least) {
  fail<UsageError>(
      "loss limit: expected at least {:.6g}, the mean when nothing is left out, found {:.6g}",
      least, *task.limit);
}

void check(const AllocationTask& task) {
  const int64_t heads = task.curves.rows();
  if (task.curves.empty() || task.budget.has_value() == task.limit.has_value()) {
    fail<std::invalid_argument>("allocate: expected curves, and a budget or a limit");
  }
  if (task.budget && *task.budget < heads) {
    fail<UsageError>("budget: expected at least {} units, one for each head, found {}", heads,
                     *task.budget);
  }
}

}  // namespace

bool convex_and_falling(ConstMatrixView<double> curves) {
  for (int64_t i = 0; i < curves.rows(); ++i) {
    const auto f = curves.row(i);
    const double rounding = 1e-12 * std::abs(*std::ranges::max_element(f));
    double last_fall = std::numeric_limits<double>::infinity();
    for (std::size_t l = 1; l < f.size(); ++l) {
      const double fall = f[l - 1] - f[l];
      if (fall < -rounding || fall > last_fall + rounding) return false;
      last_fall = fall;
    }
  }
  return true;
}

Allocation allocate_greedy(const AllocationTask& task) {
  check(task);
  const int64_t heads = task.curves.rows();
  const int64_t top = task.curves.cols();
  Allocation result{.levels = std::vector<int64_t>(static_cast<std::size_t>(heads), 1),
                    .mean = 0.0,
                    .method = "greedy"};
  struct Next {
    double fall;
    int64_t head;
    bool operator<(const Next& other) const {
      return fall != other.fall ? fall < other.fall : head > other.head;
    }
  };
  std::priority_queue<Next> queue;
  const auto offer = [&](int64_t head) {
    const int64_t level = result.levels[head];
    if (level < top) {
      queue.push({value_at(task, head, level) - value_at(task, head, level + 1), head});
    }
  };
  for (int64_t i = 0; i < heads; ++i) offer(i);
  int64_t spent = heads;
  while (true) {
    result.mean = mean_of(task, result.levels);
    if (task.limit ? result.mean <= *task.limit : spent == *task.budget) return result;
    if (queue.empty() || !(queue.top().fall > 0.0)) break;  // nothing more to gain
    const int64_t head = queue.top().head;
    queue.pop();
    ++result.levels[head];
    ++spent;
    offer(head);
  }
  if (task.limit) fail_limit(task, result.mean);
  return result;
}

Allocation allocate_by_dynamic_programming(const AllocationTask& task) {
  check(task);
  const int64_t heads = task.curves.rows();
  const int64_t top = task.curves.cols();
  const int64_t budget = std::min(task.budget.value_or(heads * top), heads * top);
  const double steps =
      static_cast<double>(heads) * static_cast<double>(budget) * static_cast<double>(top);
  if (steps > most_steps) {
    fail<UsageError>(
        "the curves are not convex, and exact planning for {} heads of {} levels would take {:.0e} "
        "steps; take a larger step between the numbers of dimensions",
        heads, top, steps);
  }
  constexpr double none = std::numeric_limits<double>::infinity();
  // best[u]: least sum of the first heads with exactly u units; chosen(i, u): level of head i in
  // it.
  std::vector<double> best(static_cast<std::size_t>(budget + 1), none);
  best[0] = 0.0;
  Matrix<int32_t> chosen(heads, budget + 1);
  for (int64_t i = 0; i < heads; ++i) {
    std::vector<double> next(best.size(), none);
    for (int64_t level = 1; level <= top; ++level) {
      const double value = value_at(task, i, level);
      for (int64_t u = level; u <= budget; ++u) {
        const double sum = best[u - level] + value;
        if (sum < next[u]) {
          next[u] = sum;
          chosen(i, u) = static_cast<int32_t>(level);
        }
      }
    }
    best = std::move(next);
  }
  const auto levels_for = [&](int64_t units) {
    std::vector<int64_t> levels(static_cast<std::size_t>(heads));
    for (int64_t i = heads - 1; i >= 0; --i) {
      levels[i] = chosen(i, units);
      units -= levels[i];
    }
    return levels;
  };
  Allocation result{.levels = {}, .mean = none, .method = "dynamic-programming"};
  const auto least = std::ranges::min_element(best);
  if (task.budget) {
    result.levels = levels_for(least - best.begin());
    result.mean = mean_of(task, result.levels);
    return result;
  }
  for (int64_t u = heads; u <= budget; ++u) {
    // The sum in `best` has another order of additions than the mean that we promise.
    if (!(best[u] / static_cast<double>(heads) <= *task.limit * (1.0 + 1e-12) + 1e-15)) continue;
    result.levels = levels_for(u);
    result.mean = mean_of(task, result.levels);
    if (result.mean <= *task.limit) return result;
  }
  fail_limit(task, *least / static_cast<double>(heads));
}

Allocation allocate_uniform(const AllocationTask& task) {
  check(task);
  const int64_t heads = task.curves.rows();
  const int64_t top = task.curves.cols();
  Allocation result{.levels = {}, .mean = 0.0, .method = "uniform"};
  for (int64_t level = task.limit ? 1 : std::min(top, task.budget.value_or(0) / heads);
       level <= top; ++level) {
    result.levels.assign(static_cast<std::size_t>(heads), level);
    result.mean = mean_of(task, result.levels);
    if (!task.limit || result.mean <= *task.limit) return result;
  }
  fail_limit(task, result.mean);
}

Allocation allocate(const AllocationTask& task) {
  return convex_and_falling(task.curves) ? allocate_greedy(task)
                                         : allocate_by_dynamic_programming(task);
}

}  // namespace aqua::analysis
