#include <fmt/format.h>

#include <cmath>

#include "aqua/report/breakeven.hpp"
#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"
#include "breakeven_costs.hpp"

namespace aqua::report {
namespace {

using analysis::BreakevenResult;
using analysis::BreakevenSetting;
using analysis::Crossing;
using analysis::LengthResult;
using analysis::StepTime;

constexpr std::size_t most_columns = 3;  // settings that a table has room for

std::string setting_text(const BreakevenSetting& setting) {
  return setting.s_ratio == 0.0
             ? fmt::format("k/d {:.3g}", setting.k_ratio)
             : fmt::format("s {:.3g}\nk/m {:.3g}", setting.s_ratio, setting.k_ratio);
}

std::string microseconds(double seconds) { return significant(seconds * 1e6, 4); }

std::string header(const BreakevenReport& report) {
  const BreakevenResult& result = report.result;
  const HeadLayout& heads = result.options.heads;
  LabelList facts;
  facts.add("heads", fmt::format("{} query heads, {} KV heads, d = {}", heads.query_heads,
                                 heads.kv_heads, heads.head_dim));
  facts.add("CPU",
            fmt::format("{}, {} kernels, one thread, float32", report.cpu, result.instructions));
  facts.add("last-level cache",
            result.last_level_cache > 0 ? byte_size(result.last_level_cache) : "not known");
  facts.add("samples", fmt::format("{} of everything, taking turns; medians of processor time",
                                   result.options.repeats));
  return fmt::format("Break-even of AQUA against standard attention{}{}\n\n",
                     report.model.empty() ? "" : ": ", printable(report.model)) +
         facts.render();
}

/// Settings [first, first + most_columns) beside standard attention, one line a length.
template <class Cell>
std::string settings_table(const BreakevenResult& result, std::size_t first,
                           std::vector<Table::Column> columns, Cell cells_of) {
  const std::size_t end = std::min(result.settings.size(), first + most_columns);
  for (std::size_t s = first; s < end; ++s) {
    columns.push_back({setting_text(result.settings[s]), Align::right});
  }
  Table table(std::move(columns));
  for (const LengthResult& at : result.lengths) table.add_row(cells_of(at, first, end));
  return '\n' + table.render();
}

std::string cache_text(const BreakevenResult& result, const LengthResult& at) {
  if (result.last_level_cache == 0) return "-";
  return at.working_set <= result.last_level_cache ? "yes" : "no";
}

std::string time_tables(const BreakevenResult& result) {
  std::string out = "\nTime of a decode step of one layer, microseconds\n";
  for (std::size_t first = 0; first < result.settings.size(); first += most_columns) {
    out += settings_table(result, first,
                          {{"L", Align::right},
                           {"KV of\na layer", Align::right},
                           {"layers\nin turn", Align::right},
                           {"in\ncache", Align::left},
                           {"keys by\ntoken", Align::right},
                           {"by dim-\nension", Align::right}},
                          [&](const LengthResult& at, std::size_t from, std::size_t end) {
                            std::vector<std::string> cells{grouped(at.length),
                                                           byte_size(at.kv_bytes),
                                                           grouped(at.layers_in_turn),
                                                           cache_text(result, at),
                                                           microseconds(at.standard_tokens.median),
                                                           microseconds(at.standard_blocks.median)};
                            for (std::size_t s = from; s < end; ++s) {
                              cells.push_back(microseconds(at.aqua[s].median));
                            }
                            return cells;
                          });
  }
  return out;
}

std::string bandwidth_tables(const BreakevenResult& result) {
  std::string out = "\nShare of the bandwidth that a plain read of the same memory reaches\n";
  for (std::size_t first = 0; first < result.settings.size(); first += most_columns) {
    out += settings_table(result, first,
                          {{"L", Align::right},
                           {"plain read\nGB/s", Align::right},
                           {"keys by\ntoken", Align::right},
                           {"by dim-\nension", Align::right}},
                          [&](const LengthResult& at, std::size_t from, std::size_t end) {
                            std::vector<std::string> cells{grouped(at.length),
                                                           fixed(at.stream * 1e-9, 1),
                                                           percent(at.standard_tokens.bandwidth),
                                                           percent(at.standard_blocks.bandwidth)};
                            for (std::size_t s = from; s < end; ++s) {
                              cells.push_back(percent(at.aqua[s].bandwidth));
                            }
                            return cells;
                          });
  }
  return out;
}

std::string crossing_text(const Crossing& crossing) {
  if (!crossing.length) return "not reached";
  if (crossing.from_the_start) return fmt::format("<= {:.0f}", *crossing.length);
  std::string text = fmt::format("{:.0f}", *crossing.length);
  if (crossing.low && crossing.high) {
    text += fmt::format(" [{:.0f}, {:.0f}]", *crossing.low, *crossing.high);
  }
  return text;
}

std::string crossings_table(const BreakevenResult& result) {
  const LengthResult& longest = result.lengths.back();
  Table table({{"s", Align::right},
               {"k/m", Align::right},
               {"k", Align::right},
               {"formula\nL*", Align::right},
               {"measured\nL*", Align::right},
               {fmt::format("time at {}\nof standard", grouped(longest.length)), Align::right},
               {fmt::format("KV bytes\nof standard"), Align::right}});
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const BreakevenSetting& setting = result.settings[s];
    const auto d = static_cast<double>(result.options.heads.head_dim);
    table.add_row({fmt::format("{:.3g}", setting.s_ratio), fmt::format("{:.3g}", setting.k_ratio),
                   fmt::format("{}", setting.k), fixed(setting.formula_length, 0),
                   crossing_text(result.crossings[s]),
                   percent(longest.aqua[s].median / longest.standard().median),
                   percent((static_cast<double>(setting.stored) + d) / (2.0 * d))});
  }
  return "\nBreak-even: L* tokens of context\n\n" + table.render();
}

/// The hybrid rule for each setting without dropped dimensions.
std::string sentences(const BreakevenResult& result) {
  std::string out;
  for (std::size_t s = 0; s < result.settings.size(); ++s) {
    const BreakevenSetting& setting = result.settings[s];
    if (setting.s_ratio != 0.0) continue;
    const Crossing& crossing = result.crossings[s];
    const LengthResult& longest = result.lengths.back();
    const double saved = 1.0 - longest.aqua[s].median / longest.standard().median;
    out += wrap(crossing.length
                    ? fmt::format("With k/d = {:.3g}, switch to AQUA from {}{:.0f} tokens on; at "
                                  "{} tokens it then saves {} of the time.",
                                  setting.k_ratio, crossing.from_the_start ? "at most " : "",
                                  *crossing.length, grouped(longest.length), percent(saved))
                    : fmt::format("With k/d = {:.3g}, AQUA does not become faster than standard "
                                  "attention up to {} tokens here.",
                                  setting.k_ratio, grouped(longest.length)));
  }
  return '\n' + out;
}

std::string costs_table(const BreakevenReport& report) {
  const std::vector<int64_t>& lengths = report.result.options.lengths;
  const std::size_t last = lengths.size() - 1;
  const std::size_t middle = last / 2;
  Table table({{"attention", Align::left},
               {"H:H_kv", Align::right},
               {"projections", Align::right},
               {fmt::format("attention\nL = {}", grouped(lengths[middle])), Align::right},
               {fmt::format("attention\nL = {}", grouped(lengths[last])), Align::right},
               {fmt::format("KV bytes\nL = {}", grouped(lengths[last])), Align::right}});
  for (const CostRow& row : cost_rows(report)) {
    table.add_row({row.label, fmt::format("{}:{}", row.heads.query_heads, row.heads.kv_heads),
                   significant(row.linear * 1e-6, 4), significant(row.attention[middle] * 1e-6, 4),
                   significant(row.attention[last] * 1e-6, 4),
                   byte_size(static_cast<int64_t>(row.cache_bytes[last]))});
  }
  return fmt::format(
             "\nMillions of multiply-adds of one layer and token, hidden size {}; KV in "
             "float16\n\n",
             report.hidden_size) +
         table.render();
}

std::string breakeven_definitions() {
  LabelList list;
  list.add("step",
           "append k and v, scores, softmax, value product; AQUA also rotates q and k and "
           "selects dimensions");
  list.add("keys by token",
           "standard attention on keys [L, d]; by dimension: in blocks of 64 "
           "tokens, [d][64], as AQUA reads them. AQUA is compared with the faster");
  list.add("s, m",
           "AQUA-Memory: m = d - floor(s d) dimensions of rotated keys are stored; k of "
           "them are used");
  list.add("formula L*",
           "(d m + d m/G + 10 m)/(d - k): multiply-adds that do not grow with L "
           "over those saved per key");
  list.add("measured L*",
           "where AQUA becomes faster for good, interpolated between lengths; "
           "[10 %, 90 %] over samples");
  list.add("layers in turn",
           "caches that the steps go through one after the other; in cache: "
           "whether all of them fit the last-level cache");
  return "\nWhat the numbers are\n" + list.render(2);
}

}  // namespace

std::string breakeven_text(const BreakevenReport& report) {
  return header(report) + time_tables(report.result) + bandwidth_tables(report.result) +
         crossings_table(report.result) + sentences(report.result) + costs_table(report) +
         breakeven_definitions();
}

}  // namespace aqua::report
