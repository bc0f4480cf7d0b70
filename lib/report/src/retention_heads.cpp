#include <fmt/format.h>

#include <algorithm>

#include "aqua/report/numbers.hpp"
#include "aqua/report/retention.hpp"
#include "aqua/report/table.hpp"
#include "retention_index.hpp"

namespace aqua::report {
namespace {

constexpr int64_t heads_per_table = 8;  // layer, mean and eight heads fit 80 columns

std::string heads_table(const analysis::MeasureResult& result,
                        const std::vector<LayerIndex>& layers) {
  const auto heads = static_cast<int64_t>(result.heads.front().size());
  std::string out;
  for (int64_t first = 0; first < heads; first += heads_per_table) {
    const int64_t end = std::min(heads, first + heads_per_table);
    std::vector<Table::Column> columns{{"layer", Align::right}, {"mean", Align::right}};
    for (int64_t h = first; h < end; ++h) columns.push_back({fmt::format("H{}", h), Align::right});
    Table table(std::move(columns));
    for (std::size_t l = 0; l < result.heads.size(); ++l) {
      std::vector<std::string> cells{fmt::format("{}", layers[l].value),
                                     fixed(result.layers[l].value, 4)};
      for (int64_t h = first; h < end; ++h) {
        cells.push_back(fixed(result.heads[l][static_cast<std::size_t>(h)], 4));
      }
      table.add_row(std::move(cells));
    }
    out += table.render(2);
  }
  return out;
}

}  // namespace

std::string retention_heads_text(const RetentionReport& report, analysis::Measure measure) {
  const analysis::MeasureInfo& info = info_of(measure);
  std::string out;
  for (const analysis::RetentionResult& result : report.corpora) {
    for (const analysis::Setting& setting : result.settings) {
      const analysis::MeasureResult* found =
          find(result, setting.basis, KeptLevel{setting.k_ratio, setting.plan}, setting.selection,
               measure);
      if (found == nullptr || found->heads.empty()) continue;
      out += fmt::format(
          "\n{} per query head: {}, basis {}, {}, k/d {:.4g} ({})\n", info.label,
          printable(result.corpus.name), setting.basis, analysis::name(setting.selection),
          setting.k_ratio,
          setting.plan.empty() ? fmt::format("k = {}", setting.k) : printable(setting.plan));
      out += heads_table(*found, result.layers);
    }
  }
  return out;
}

}  // namespace aqua::report
