#include "aqua/report/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aqua/report/numbers.hpp"
#include "aqua/report/table.hpp"

namespace aqua::report {
namespace {

using Json = nlohmann::ordered_json;

struct AsText {
  Style style;

  std::string operator()(std::monostate) const { return "-"; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(int64_t value) const {
    switch (style) {
      case Style::bytes:
        return byte_size(value);
      case Style::identifier:
        return fmt::format("{}", value);
      default:
        return grouped(value);
    }
  }
  std::string operator()(double value) const {
    return style == Style::percent ? percent(value) : significant(value, 4);
  }
  std::string operator()(const std::string& value) const { return printable(value); }
  std::string operator()(const std::vector<int64_t>& value) const {
    return fmt::format("[{}]", fmt::join(value, ", "));
  }
  std::string operator()(const std::vector<std::string>& value) const {
    return printable(fmt::format("{}", fmt::join(value, ", ")));
  }
};

std::string text_of(const Value& value, Style style) { return std::visit(AsText{style}, value); }

Json json_of(const Value& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, double>) {
          return std::isfinite(held) ? Json(held) : Json(nullptr);
        } else {
          return held;
        }
      },
      value);
}

std::string section_text(const Section& section) {
  std::string out;
  const std::size_t indent = section.title.empty() ? 0 : 2;
  if (!section.title.empty()) out += section.title + '\n';
  LabelList list;
  for (const Fact& fact : section.facts) list.add(fact.label, text_of(fact.value, fact.style));
  out += list.render(indent);
  if (!section.rows.empty()) {
    std::vector<Table::Column> columns;
    for (const SummaryColumn& column : section.columns) {
      if (column.in_text) columns.push_back({column.label, column.align});
    }
    Table table(std::move(columns));
    for (const auto& row : section.rows) {
      std::vector<std::string> cells;
      for (std::size_t c = 0; c < row.size(); ++c) {
        const SummaryColumn& column = section.columns[c];
        if (column.in_text) cells.push_back(text_of(row[c], column.style));
      }
      table.add_row(std::move(cells));
    }
    out += table.render(indent);
  }
  for (const std::string& note : section.notes) out += wrap(note, 80, indent);
  return out;
}

Json section_json(const Section& section) {
  Json rows = Json::array();
  for (const auto& row : section.rows) {
    Json object = Json::object();
    for (std::size_t c = 0; c < row.size(); ++c) object[section.columns[c].key] = json_of(row[c]);
    rows.push_back(std::move(object));
  }
  if (section.facts.empty()) return rows;
  Json object = Json::object();
  for (const Fact& fact : section.facts) object[fact.key] = json_of(fact.value);
  if (!section.columns.empty()) object["rows"] = std::move(rows);
  return object;
}

}  // namespace

std::string to_text(const Summary& summary) {
  std::string out = wrap(summary.title);
  for (const Section& section : summary.sections) {
    if (!section.in_text) continue;
    if (!out.empty()) out += '\n';
    out += section_text(section);
  }
  if (!summary.next.empty()) out += "\nNext\n";
  for (const NextStep& step : summary.next) {
    out += fmt::format("  {}:\n    {}\n", step.purpose, step.command);
  }
  return out;
}

std::string to_json(const Summary& summary) {
  Json root = Json::object();
  root["schema"] = summary.schema;
  root["schema_version"] = summary.version;
  for (const Section& section : summary.sections) root[section.key] = section_json(section);
  // Names come from files; what is not UTF-8 in them must not make the output invalid.
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace aqua::report
