#include <fmt/format.h>

#include "aqua/report/document.hpp"
#include "escape.hpp"
#include "svg.hpp"
#include "view.hpp"

namespace aqua::report::document {
namespace {

std::string table_markdown(const Grid& grid) {
  std::string out = "|";
  for (const std::string& cell : grid.header) out += fmt::format(" {} |", markdown_escaped(cell));
  out += "\n|";
  for (std::size_t c = 0; c < grid.header.size(); ++c) {
    const bool right =
        !grid.rows.empty() && c < grid.rows.front().size() && grid.rows.front()[c].number;
    out += right ? " ---: |" : " --- |";
  }
  out += '\n';
  for (const std::vector<Cell>& row : grid.rows) {
    out += '|';
    for (const Cell& cell : row) out += fmt::format(" {} |", markdown_escaped(cell_text(cell)));
    out += '\n';
  }
  return out + '\n';
}

std::string folded_markdown(std::string_view summary, const std::string& content) {
  return fmt::format("<details><summary>{}</summary>\n\n{}</details>\n\n", html_escaped(summary),
                     content);
}

class ToMarkdown {
 public:
  ToMarkdown(Markdown& result, const std::string& folder) : result_(result), folder_(folder) {}

  void operator()(const Paragraph& paragraph) {
    const std::string text = markdown_escaped(paragraph.text);
    result_.text += paragraph.emphasised ? fmt::format("**{}**\n\n", text) : text + "\n\n";
  }
  void operator()(const Facts& facts) {
    for (const auto& [label, value] : facts.lines) {
      result_.text += fmt::format("- {}: {}\n", markdown_escaped(label), markdown_escaped(value));
    }
    result_.text += '\n';
  }
  void operator()(const Grid& grid) {
    result_.text += fmt::format("{}:\n\n{}", markdown_escaped(grid.caption), table_markdown(grid));
  }
  void operator()(const Folded& folded) {
    result_.text += folded_markdown(folded.grid.caption, table_markdown(folded.grid));
  }
  void operator()(const Chart& chart) {
    const Grid table = table_of(chart);
    const std::string file = chart.id + ".svg";
    result_.text += fmt::format("### {}\n\n{}\n\n", markdown_escaped(chart.title),
                                markdown_escaped(chart.description));
    result_.text += fmt::format("![{}]({}/{})\n\n", markdown_escaped(chart.title), folder_, file);
    if (const std::string choice = choice_text(chart); !choice.empty()) {
      result_.text += fmt::format("Shown: {}.\n\n", markdown_escaped(choice));
    }
    result_.text += folded_markdown("Numbers: " + table.caption, table_markdown(table));
    result_.pictures.emplace_back(file, to_svg(chart));
  }

 private:
  Markdown& result_;
  const std::string& folder_;
};

/// A relative path as a link destination: what is not plain is percent-encoded.
std::string link_path(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    out += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

Markdown to_markdown(const Document& document, const std::string& folder) {
  Markdown result;
  result.text = fmt::format("# {}\n\n{}\n\n", markdown_escaped(document.title),
                            markdown_escaped(document.subtitle));
  const std::string link = link_path(folder);
  ToMarkdown writer(result, link);
  for (const Section& section : document.sections) {
    result.text += fmt::format("## {}\n\n", markdown_escaped(section.title));
    for (const Block& block : section.blocks) std::visit(writer, block);
  }
  result.text += fmt::format("Made by {} on {}.\n", markdown_escaped(document.generator),
                             markdown_escaped(document.date));
  return result;
}

}  // namespace aqua::report::document
