#include "retention_tables.hpp"

#include <fmt/format.h>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "estimates.hpp"
#include "retention_index.hpp"

namespace aqua::report {

using analysis::Measure;
using analysis::MeasureResult;
using analysis::RetentionResult;
using analysis::Selection;

std::string estimate_text(const MeasureResult* result) {
  if (result == nullptr) return "-";
  return interval_text(result->model);
}

std::string ratio_text(double k_ratio) { return fmt::format("{:.4g}", k_ratio); }

std::string level_text(const KeptLevel& level) {
  return level.plan.empty() ? ratio_text(level.k_ratio) : printable(level.plan);
}

namespace {

/// bases × ratios: static and dynamic with intervals, and the worst head under dynamic selection.
std::string loss_table(const RetentionResult& result, Measure measure,
                       const std::string& dynamic_header) {
  Table table({{"basis", Align::left},
               {"k/d", Align::right},
               {"static slice", Align::left},
               {dynamic_header, Align::left},
               {"worst head", Align::left}});
  for (const std::string& basis : bases_of(result)) {
    bool first = true;
    for (const KeptLevel& level : levels_of(result)) {
      const auto* fixed_result = find(result, basis, level, Selection::fixed, measure);
      const auto* dynamic = find(result, basis, level, Selection::dynamic, measure);
      if (fixed_result == nullptr && dynamic == nullptr) continue;
      table.add_row({first ? basis : "", level_text(level), estimate_text(fixed_result),
                     estimate_text(dynamic),
                     dynamic == nullptr
                         ? "-"
                         : fmt::format("{} L{}.H{}", fixed(dynamic->worst, 4),
                                       dynamic->worst_layer.value, dynamic->worst_head)});
      first = false;
    }
  }
  return table.empty() ? std::string() : table.render();
}

std::string pairwise_table(const RetentionResult& result) {
  struct PairColumn {
    Measure measure;
    const char* header;
    int digits;
  };
  constexpr PairColumn measured[] = {{Measure::logit_error, "logit\nerror", 4},
                                     {Measure::total_variation, "total\nvariation", 4},
                                     {Measure::kl_divergence, "KL\n(nats)", 4},
                                     {Measure::top1_agreement, "top-1\nsame", 4},
                                     {Measure::output_error, "output\nerror", 4}};
  std::vector<Table::Column> columns{
      {"basis", Align::left}, {"k/d", Align::right}, {"selection", Align::left}};
  for (const PairColumn& column : measured) columns.push_back({column.header, Align::right});
  Table table(std::move(columns));
  for (const std::string& basis : bases_of(result)) {
    bool first = true;
    for (const KeptLevel& level : levels_of(result)) {
      for (const Selection selection : {Selection::fixed, Selection::dynamic}) {
        std::vector<std::string> cells{first ? basis : "",
                                       selection == Selection::fixed ? level_text(level) : "",
                                       std::string(analysis::name(selection))};
        bool any = false;
        for (const PairColumn& column : measured) {
          const auto* found = find(result, basis, level, selection, column.measure);
          any = any || found != nullptr;
          cells.push_back(found == nullptr ? "-" : fixed(found->model.value, column.digits));
        }
        if (!any) continue;
        table.add_row(std::move(cells));
        first = false;
      }
    }
  }
  return table.empty() ? std::string() : table.render();
}

}  // namespace

std::string corpus_tables(const RetentionResult& result) {
  const std::string corpus = printable(result.corpus.name);
  std::string out;
  const auto add = [&](std::string_view title, const std::string& table) {
    if (!table.empty()) out += fmt::format("\n{}: {}\n\n{}", corpus, title, table);
  };
  add("query loss", loss_table(result, Measure::query_loss, "dynamic selection"));
  add("key loss", loss_table(result, Measure::key_loss, "under the query's set"));
  add("attention with the kept dimensions against exact attention", pairwise_table(result));
  if (result.zero_queries + result.zero_keys > 0) {
    out += fmt::format("\n{} and {} of norm zero were skipped.\n",
                       counted(result.zero_queries, "query vector"),
                       counted(result.zero_keys, "key vector"));
  }
  return out;
}

}  // namespace aqua::report
