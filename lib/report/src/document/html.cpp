#include <fmt/format.h>

#include <algorithm>

#include "aqua/report/document.hpp"
#include "assets.hpp"
#include "chart_json.hpp"
#include "escape.hpp"
#include "svg.hpp"
#include "view.hpp"

namespace aqua::report::document {
namespace {

/// The shortest text that reads back as the same number, as JSON has it.
std::string exact(double value) { return fmt::format("{}", value); }

std::string data_element(double value, std::string_view text) {
  return fmt::format("<data value=\"{}\">{}</data>", exact(value), html_escaped(text));
}

std::string cell_html(const Cell& cell) {
  if (!cell.number) return fmt::format("<td>{}</td>", html_escaped(cell.text));
  std::string out = "<td class=\"number\">" + data_element(*cell.number, cell.text);
  if (cell.low && cell.high) {
    out += fmt::format(" <span class=\"interval\">[{}, {}]</span>",
                       data_element(*cell.low, number_cell(*cell.low).text),
                       data_element(*cell.high, number_cell(*cell.high).text));
  }
  return out + "</td>";
}

bool holds_numbers(const Grid& grid, std::size_t column) {
  return std::ranges::any_of(grid.rows, [column](const std::vector<Cell>& row) {
    return column < row.size() && row[column].number;
  });
}

/// Rows start with a heading when the first cell is text.
std::string table_html(const Grid& grid) {
  std::string out = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">"
      "<table><caption>{0}</caption><thead><tr>",
      html_escaped(grid.caption));
  for (std::size_t c = 0; c < grid.header.size(); ++c) {
    out += fmt::format("<th scope=\"col\"{}>{}</th>",
                       holds_numbers(grid, c) ? " class=\"number\"" : "",
                       html_escaped(grid.header[c]));
  }
  out += "</tr></thead><tbody>\n";
  for (const std::vector<Cell>& row : grid.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      out += c == 0 && !row[c].number
                 ? fmt::format("<th scope=\"row\">{}</th>", html_escaped(row[c].text))
                 : cell_html(row[c]);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string folded_html(std::string_view summary, const std::string& content) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", html_escaped(summary),
                     content);
}

struct ToHtml {
  std::string operator()(const Paragraph& paragraph) const {
    return fmt::format("<p{}>{}</p>\n", paragraph.emphasised ? " class=\"verdict\"" : "",
                       html_escaped(paragraph.text));
  }
  std::string operator()(const Facts& facts) const {
    std::string out = "<dl>\n";
    for (const auto& [label, value] : facts.lines) {
      out += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_escaped(label),
                         html_escaped(value));
    }
    return out + "</dl>\n";
  }
  std::string operator()(const Grid& grid) const { return table_html(grid); }
  std::string operator()(const Folded& folded) const {
    return folded_html(folded.grid.caption, table_html(folded.grid));
  }
  std::string operator()(const Chart& chart) const {
    const std::string label = chart.title + ". " + chart.description;
    return fmt::format(
        "<figure id=\"{0}\" class=\"chart\"><h3>{1}</h3><p>{2}</p><div class=\"controls\"></div>\n"
        "<div class=\"plot\" role=\"img\" aria-label=\"{3}\"><noscript>{4}</noscript></div>\n{5}"
        "</figure>\n",
        chart.id, html_escaped(chart.title), html_escaped(chart.description), html_escaped(label),
        to_svg(chart), folded_html("Numbers", table_html(table_of(chart))));
  }
};

std::string sections_html(const Document& document) {
  std::string out;
  for (const Section& section : document.sections) {
    out += fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n"
        "<h2 id=\"{0}-title\">{1}</h2>\n",
        section.id, html_escaped(section.title));
    for (const Block& block : section.blocks) out += std::visit(ToHtml{}, block);
    out += "</section>\n";
  }
  return out;
}

std::string navigation_html(const Document& document) {
  std::string out;
  for (const Section& section : document.sections) {
    out +=
        fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, html_escaped(section.title));
  }
  return out;
}

/// Nothing may be loaded or sent; only the two scripts of this page run. Styles are the page's own,
/// and those that the charting library sets on its elements.
std::string policy() {
  return fmt::format(
      "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
      "script-src 'sha256-{}' 'sha256-{}'",
      csp_digest(chart_library()), csp_digest(page_script()));
}

/// The template with {{name}} replaced; its only braces of that kind are those names.
std::string fill(std::string_view page,
                 const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  while (true) {
    const std::size_t open = page.find("{{");
    if (open == std::string_view::npos) return out.append(page);
    out.append(page.substr(0, open));
    page.remove_prefix(open + 2);
    const std::size_t close = page.find("}}");
    const std::string_view name = page.substr(0, close);
    for (const auto& [key, value] : values) {
      if (key == name) out += value;
    }
    page.remove_prefix(close + 2);
  }
}

}  // namespace

std::string to_html(const Document& document) {
  return fill(page_template(), {{"policy", policy()},
                                {"title", html_escaped(document.title)},
                                {"subtitle", html_escaped(document.subtitle)},
                                {"generator", html_escaped(document.generator)},
                                {"date", html_escaped(document.date)},
                                {"style", std::string(page_style())},
                                {"navigation", navigation_html(document)},
                                {"sections", sections_html(document)},
                                {"charts", script_safe(charts_json(document))},
                                {"library", std::string(chart_library())},
                                {"script", std::string(page_script())}});
}

}  // namespace aqua::report::document
