// What a command made or found, as plain data that is written either as text or as JSON, so that
// both say the same.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "aqua/report/text_layout.hpp"

namespace aqua::report {

/// A cell or fact. monostate: not known, shown as "-" and null; so are numbers that are not finite.
using Value = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<int64_t>,
                           std::vector<std::string>>;

/// How the text form shows a number; JSON always has the number itself.
enum class Style { plain, percent, bytes, identifier };

struct Fact {
  std::string key;    ///< in JSON
  std::string label;  ///< in text
  Value value;
  Style style = Style::plain;
};

struct SummaryColumn {
  std::string key;
  std::string label;
  Align align = Align::right;
  Style style = Style::plain;
  bool in_text = true;  ///< false: only in JSON
};

/// Facts and, below them, a table. In JSON a member `key`: an object of the facts, with the table
/// as its member "rows"; or just the array of rows when there are no facts.
struct Section {
  std::string key;
  std::string title;
  std::vector<Fact> facts = {};
  std::vector<SummaryColumn> columns = {};
  std::vector<std::vector<Value>> rows = {};
  std::vector<std::string> notes = {};  ///< sentences below, in text only
  bool in_text = true;                  ///< false: only in JSON
};

/// A command that the user may want to run now.
struct NextStep {
  std::string purpose;
  std::string command;
};

struct Summary {
  std::string schema;  ///< "aqua-…", in JSON together with `version`
  int version = 1;
  std::string title = {};  ///< first line of the text
  std::vector<Section> sections = {};
  std::vector<NextStep> next = {};  ///< last in the text, not in JSON
};

std::string to_text(const Summary& summary);
/// One object, indented, with a newline at the end.
std::string to_json(const Summary& summary);

}  // namespace aqua::report
