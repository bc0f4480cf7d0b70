// From which context length AQUA pays, counted and timed (schema "aqua-breakeven").
#include <fmt/format.h>

#include "../records.hpp"
#include "../result_members.hpp"
#include "../sections.hpp"
#include "aqua/formats/json_file.hpp"
#include "aqua/report/numbers.hpp"

namespace aqua::report::document {
namespace {

struct BreakevenLine {
  std::string name;    ///< "k/d 0.5"
  std::string stored;  ///< "all", or "all but 0.25" of the key dimensions (AQUA-Memory)
  double k = 0.0;
  double overhead = 0.0;  ///< multiply-adds of a query head that do not grow with the length
};

std::vector<BreakevenLine> breakeven_lines(const Input& input) {
  std::vector<BreakevenLine> lines;
  for (const auto& [json, context] : items_of(input.json, "settings", input.path)) {
    const double s_ratio = number_member(json, "s_ratio", context);
    lines.push_back(
        {.name = fmt::format("k/d {}", significant(number_member(json, "k_ratio", context), 4)),
         .stored = s_ratio > 0.0 ? fmt::format("all but {}", significant(s_ratio, 4)) : "all",
         .k = static_cast<double>(integer_member(json, "k", context)),
         .overhead = number_member(json, "overhead_multiply_adds", context)});
  }
  return lines;
}

Facts machine_facts(const Input& input) {
  const ResultJson& machine = object_member(input.json, "machine", input.path);
  const double cache = number_member(machine, "last_level_cache_bytes", input.path);
  Facts facts{{{"CPU", text_member(machine, "cpu", input.path)},
               {"instructions", text_member(machine, "instructions", input.path)},
               {"threads", std::to_string(integer_member(machine, "threads", input.path))},
               {"repeats", std::to_string(integer_member(input.json, "repeats", input.path))}}};
  if (std::isfinite(cache)) {
    facts.lines.emplace_back("last-level cache", byte_size(static_cast<int64_t>(cache)));
  }
  return facts;
}

Grid lengths_table(const Input& input, const std::vector<BreakevenLine>& lines) {
  Grid grid{.caption = "Context length from which AQUA pays",
            .header = {"setting", "key dimensions stored", "k", "stored",
                       "overhead (multiply-adds)", "formula", "measured", "faster at every length"},
            .rows = {}};
  for (const auto& [json, context] : items_of(input.json, "settings", input.path)) {
    const bool from_start = formats::json_value<bool>(json, "faster_from_the_start", context);
    grid.rows.push_back({{.text = lines[grid.rows.size()].name},
                         {.text = lines[grid.rows.size()].stored},
                         number_cell(static_cast<double>(integer_member(json, "k", context))),
                         number_cell(static_cast<double>(integer_member(json, "stored", context))),
                         number_cell(number_member(json, "overhead_multiply_adds", context)),
                         number_cell(number_member(json, "formula_length", context)),
                         number_cell(number_member(json, "measured_length", context),
                                     number_member(json, "measured_low", context),
                                     number_member(json, "measured_high", context)),
                         {.text = from_start ? "yes" : "no"}});
  }
  return grid;
}

struct BreakevenCurves {
  Records seconds{{{"stored", "key dimensions stored"},
                   {"attention", "attention"},
                   {"length", "context length"}}};
  Records relative{{{"stored", "key dimensions stored"},
                    {"attention", "attention"},
                    {"method", "cost"},
                    {"length", "context length"}}};
};

void add_length(const ListItem& item, const std::vector<BreakevenLine>& lines, double head_dim,
                BreakevenCurves& curves) {
  const auto& [json, context] = item;
  const int64_t length = integer_member(json, "length", context);
  const ResultJson& standards = object_member(json, "standard", context);
  const ResultJson& standard =
      object_member(standards, text_member(standards, "compared", context), context);
  const auto add_seconds = [&](const std::string& stored, const std::string& name,
                               const ResultJson& time) {
    curves.seconds.add(
        {place(stored), place(name), place(length)}, number_member(time, "median_seconds", context),
        number_member(time, "low_seconds", context), number_member(time, "high_seconds", context));
  };
  // Standard attention beside every choice of what is stored.
  for (const BreakevenLine& line : lines) add_seconds(line.stored, "standard", standard);
  const double reference = number_member(standard, "median_seconds", context);
  std::size_t setting = 0;
  for (const auto& [time, at] : items_of(json, "aqua", context)) {
    if (setting == lines.size()) {
      fail<FormatError>("{}: \"aqua\": expected one entry for each of {} settings", context,
                        lines.size());
    }
    const BreakevenLine& line = lines[setting++];
    add_seconds(line.stored, line.name, time);
    curves.relative.add({place(line.stored), place(line.name), place("measured"), place(length)},
                        number_member(time, "median_seconds", at) / reference);
    const auto keys = static_cast<double>(length);
    curves.relative.add({place(line.stored), place(line.name), place("formula"), place(length)},
                        (line.overhead + keys * line.k) / (keys * head_dim));
  }
}

Section make_breakeven(const Input& input, std::size_t index, const std::string& suffix) {
  const std::vector<BreakevenLine> lines = breakeven_lines(input);
  const ResultJson& model = object_member(input.json, "model", input.path);
  const auto head_dim = static_cast<double>(integer_member(model, "head_dim", input.path));
  BreakevenCurves curves;
  for (const ListItem& length : items_of(input.json, "lengths", input.path)) {
    add_length(length, lines, head_dim, curves);
  }
  Section section{
      .id = numbered_id("breakeven", index), .title = "Break-even" + suffix, .blocks = {}};
  section.blocks.emplace_back(machine_facts(input));
  section.blocks.emplace_back(lengths_table(input, lines));
  if (curves.relative.empty()) return section;
  const auto relative = curves.relative.cube(input.path);
  section.blocks.emplace_back(
      Chart{.id = numbered_id("breakeven-relative", index),
            .kind = ChartKind::lines,
            .title = "Cost of a decode step, relative to standard attention",
            .description = "Below 1, AQUA pays. Formula: multiply-adds of a query head, (overhead "
                           "+ L·k)/(L·d). Measured: quotient of median times on this CPU.",
            .value_label = "AQUA / standard",
            .cube = relative,
            .x = relative->dimension("length"),
            .series = relative->dimension("attention"),
            .style = relative->dimension("method"),
            .x_log = true,
            .y_log = true});
  const auto seconds = curves.seconds.cube(input.path);
  section.blocks.emplace_back(Chart{.id = numbered_id("breakeven-seconds", index),
                                    .kind = ChartKind::lines,
                                    .title = "Time of one layer's decode step",
                                    .description = "Median over repeats, one thread.",
                                    .value_label = "seconds (log scale)",
                                    .cube = seconds,
                                    .x = seconds->dimension("length"),
                                    .series = seconds->dimension("attention"),
                                    .interval_label = "10 % to 90 % of the repeats",
                                    .x_log = true,
                                    .y_log = true});
  return section;
}

}  // namespace

std::vector<Section> breakeven_section(const Inputs& inputs) {
  return section_of_each(inputs, "aqua-breakeven", make_breakeven);
}

}  // namespace aqua::report::document
