#include "breakeven_costs.hpp"

#include <fmt/format.h>

#include <functional>

#include "aqua/attention/cost.hpp"
#include "aqua/attention/spec.hpp"

namespace aqua::report {
namespace {

using attention::StepCost;

CostRow row(std::string label, const HeadLayout& heads, const std::vector<int64_t>& lengths,
            const std::function<StepCost(int64_t)>& cost_at) {
  CostRow result{
      .label = std::move(label), .heads = heads, .linear = 0.0, .attention = {}, .cache_bytes = {}};
  for (const int64_t length : lengths) {
    const StepCost cost = cost_at(length);
    result.linear = cost.linear;
    result.attention.push_back(cost.attention());
    result.cache_bytes.push_back(cost.cache_bytes);
  }
  return result;
}

}  // namespace

std::vector<CostRow> cost_rows(const BreakevenReport& report) {
  const analysis::BreakevenOptions& options = report.result.options;
  const attention::CostShape shape{.heads = options.heads, .hidden_size = report.hidden_size};
  std::vector<CostRow> rows;
  rows.push_back(row("exact", options.heads, options.lengths,
                     [&](int64_t length) { return attention::exact_cost(shape, length); }));
  for (const analysis::BreakevenSetting& setting : report.result.settings) {
    const std::string text = setting.s_ratio == 0.0 ? fmt::format("aqua:k={}", setting.k_ratio)
                                                    : fmt::format("aqua-memory:s={},k={}",
                                                                  setting.s_ratio, setting.k_ratio);
    const attention::VariantSpec spec = attention::parse_spec(text);
    rows.push_back(row(text, options.heads, options.lengths,
                       [&](int64_t length) { return attention::step_cost(spec, shape, length); }));
  }
  if (options.heads.query_heads % 4 != 0) return rows;
  for (const attention::NamedLayout& layout :
       attention::reference_layouts(options.heads.query_heads, options.heads.head_dim)) {
    const attention::CostShape other{.heads = layout.heads, .hidden_size = report.hidden_size};
    rows.push_back(row(layout.name, layout.heads, options.lengths,
                       [&](int64_t length) { return attention::exact_cost(other, length); }));
  }
  return rows;
}

}  // namespace aqua::report
