// What the retention measures are called and where they are defined.

#include "measures.hpp"

#include <array>

namespace aqua::analysis {
namespace {

constexpr std::array<MeasureInfo, measure_count> table{{
    {.measure = Measure::query_loss,
     .key = "query_loss",
     .label = "query loss",
     .definition = "mean over tokens of 1 - |q_S|/|q|, q rotated, S the kept dimensions; 0 to 1",
     .needs_orthogonal = true},
    {.measure = Measure::query_energy_loss,
     .key = "query_energy_loss",
     .label = "query energy loss",
     .definition =
         "mean over tokens of 1 - |q_S|^2/|q|^2, q rotated, S the kept dimensions; 0 to 1",
     .needs_orthogonal = true},
    {.measure = Measure::key_loss,
     .key = "key_loss",
     .label = "key loss",
     .definition =
         "static: mean over tokens of 1 - |k_S|/|k|, k rotated; dynamic: mean over causal "
         "pairs (i, j) of the same for key j with S chosen by query i; 0 to 1",
     .needs_orthogonal = true,
     .pairwise = true},
    {.measure = Measure::key_energy_loss,
     .key = "key_energy_loss",
     .label = "key energy loss",
     .definition = "as key loss, with 1 - |k_S|^2/|k|^2; 0 to 1",
     .needs_orthogonal = true,
     .pairwise = true},
    {.measure = Measure::logit_error,
     .key = "logit_error",
     .label = "logit error",
     .definition =
         "|A - A~|_F/|A|_F over causal pairs, A exact and A~ approximate attention logits; "
         "relative",
     .pairwise = true},
    {.measure = Measure::total_variation,
     .key = "total_variation",
     .label = "total variation",
     .definition =
         "mean over queries of 1/2 sum_j |p_j - p~_j|, p exact and p~ approximate attention "
         "weights; 0 to 1",
     .pairwise = true},
    {.measure = Measure::kl_divergence,
     .key = "kl_divergence",
     .label = "KL divergence",
     .definition =
         "mean over queries of sum_j p_j ln(p_j/p~_j), p exact and p~ approximate attention "
         "weights; nats",
     .pairwise = true},
    {.measure = Measure::top1_agreement,
     .key = "top1_agreement",
     .label = "top-1 agreement",
     .definition = "share of queries whose most attended key stays the same; 0 to 1",
     .pairwise = true,
     .higher_is_better = true},
    {.measure = Measure::output_error,
     .key = "output_error",
     .label = "output error",
     .definition = "|O - O~|_F/|O|_F over queries, O = sum_j p_j v_j the head's output; relative",
     .pairwise = true},
}};

constexpr bool in_order() {
  for (int64_t m = 0; m < measure_count; ++m) {
    if (static_cast<int64_t>(table[m].measure) != m) return false;
  }
  return true;
}
static_assert(in_order(), "a measure's number is its place in the table");

}  // namespace

std::span<const MeasureInfo> measures() { return table; }

std::string_view name(Selection selection) {
  return selection == Selection::fixed ? "static" : "dynamic";
}

bool over_pairs(const MeasureInfo& info, Selection selection) {
  const bool key_loss =
      info.measure == Measure::key_loss || info.measure == Measure::key_energy_loss;
  return info.pairwise && !(key_loss && selection == Selection::fixed);
}

bool is_defined(const MeasureInfo& info, Selection selection, const MeasuredData& data) {
  if (info.needs_orthogonal && !data.orthogonal) return false;
  if (over_pairs(info, selection) && data.site != capture::Site::post_rope) return false;
  return info.measure != Measure::output_error || data.has_values;
}

}  // namespace aqua::analysis
